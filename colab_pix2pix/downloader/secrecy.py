"""Keeps passwords, keys and cookies out of logs, and off command lines, which all can read."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from ..errors import DownloadError
from ..filenames import public_link, public_text
from ..languages import _

_log = logging.getLogger(__name__)


class OnCommandLineError(DownloadError):
    """Only a program that takes cookies or keys on its command line could fetch this."""


class DebugLogger:
    """Puts yt-dlp's messages into a developer's log only: users get one `DownloadError`."""

    def debug(self, message: str) -> None:
        _log.debug("%s", public_text(message))

    warning = error = debug


def keep_off_command_lines(downloader: Any, link: str) -> None:
    """Lets a `YoutubeDL` start no program with cookies, or with what is private in a link.

    yt-dlp gives ffmpeg the link and the cookies of parts of videos as arguments. It asks for the
    cookies just before; then the download ends with an `OnCommandLineError`.

    Args:
        downloader: The `YoutubeDL`.
        link: What was asked for.
    """
    jar, download = downloader.cookiejar, downloader.dl
    find_cookies = jar.get_cookies_for_url
    private_host = urlsplit(link).hostname if link != public_link(link) else None

    def refuse(url: str) -> list[Any]:
        if find_cookies(url) or (private_host and urlsplit(url).hostname == private_host):
            raise OnCommandLineError(
                _(
                    "{link} can't be fetched without showing its cookies or its key.",
                    link=public_link(link),
                ),
                why=_("Every user of this machine can read the command lines of its programs."),
                fix=_("Take another format or another source."),
            )
        return []

    def watched(*arguments: Any, **options: Any) -> Any:
        jar.get_cookies_for_url = refuse
        try:
            return download(*arguments, **options)
        finally:
            jar.get_cookies_for_url = find_cookies

    downloader.dl = watched


@contextmanager
def requests_unlogged() -> Iterator[None]:
    """Keeps the addresses that this thread asks for out of the log of urllib3 (level debug)."""
    thread = threading.get_ident()

    def is_harmless(record: logging.LogRecord) -> bool:
        return record.thread != thread or record.levelno > logging.DEBUG

    logger = logging.getLogger("urllib3.connectionpool")
    logger.addFilter(is_harmless)
    try:
        yield
    finally:
        logger.removeFilter(is_harmless)
