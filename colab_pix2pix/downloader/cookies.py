"""Cookies: a credential. Read into memory, given to yt-dlp, never written, copied or logged."""

from __future__ import annotations

import io
import re

from ..errors import DownloadError
from ..filenames import typed_path
from ..languages import _

_FIELDS = 7
_HTTP_ONLY = "#HttpOnly_"
#: When a cookie ends, in seconds since 1970; yt-dlp prints a line that has it in another way.
_EXPIRY = re.compile(r"([0-9]{1,15}(\.[0-9]{1,9})?)?")


def read_cookies(path: str) -> io.StringIO | None:
    """Returns the cookies of a `cookies.txt` as a text in memory, or None for "".

    In memory, because yt-dlp writes back to a file that it is given, and prints lines that it does
    not understand.

    Raises:
        DownloadError: there is no such file, or it has another format. No word of its content.
    """
    if not path:
        return None
    file = typed_path(path, "cookies")
    if not file.is_file():
        raise DownloadError(
            _("There is no cookies file {path}.", path=repr(path)),
            why=_("Expected the path of a cookies.txt."),
            fix=_("Export it with a browser's add-on; leave the box empty to go without."),
        )
    text = file.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in map(_plain_line, text.splitlines()) if line]
    if not lines:
        raise DownloadError(
            _("The cookies file {path} holds no cookies.", path=repr(path)),
            why=_("Expected Netscape's format: lines of seven fields with tabs between them."),
            fix=_("Export it again, as cookies.txt and not as JSON."),
        )
    return io.StringIO("\n".join(["# Netscape HTTP Cookie File", *lines, ""]))


def _plain_line(line: str) -> str:
    """Returns a line of a cookies file as nobody can misunderstand it; "" where it is none."""
    fields = line.removeprefix(_HTTP_ONLY).split("\t")
    if len(fields) != _FIELDS or not _EXPIRY.fullmatch(fields[4]):
        return ""
    domain = fields[0].strip()
    if not domain or domain.startswith(("#", "$")):
        return ""
    # Python's reader refuses, and prints, a line that says otherwise than its domain.
    fields[:2] = domain, "TRUE" if domain.startswith(".") else "FALSE"
    return "\t".join(fields)
