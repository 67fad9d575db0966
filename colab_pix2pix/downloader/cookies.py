"""Cookies: a credential. Read into memory, given to yt-dlp, never written, copied or logged."""

from __future__ import annotations

import io
from pathlib import Path

from ..errors import DownloadError

_FIELDS = 7


def read_cookies(path: str) -> io.StringIO | None:
    """Returns the cookies of a `cookies.txt` as a text in memory, or None for "".

    In memory, because yt-dlp writes back to a file that it is given, and prints lines that it does
    not understand.

    Raises:
        DownloadError: there is no such file, or it has another format. No word of its content.
    """
    if not path:
        return None
    file = Path(path).expanduser()
    if not file.is_file():
        raise DownloadError(
            f"There is no cookies file {path!r}.",
            why="Expected the path of a cookies.txt.",
            fix="Export it with a browser's add-on; leave the box empty to go without.",
        )
    text = file.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.count("\t") == _FIELDS - 1]
    lines = [line for line in lines if line.split("\t")[4].replace(".", "", 1).isdigit()]
    if not lines:
        raise DownloadError(
            f"The cookies file {path!r} holds no cookies.",
            why="Expected Netscape's format: lines of seven fields with tabs between them.",
            fix="Export it again, as cookies.txt and not as JSON.",
        )
    return io.StringIO("\n".join(["# Netscape HTTP Cookie File", *lines, ""]))
