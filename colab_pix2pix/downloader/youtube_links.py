"""Links of YouTube that were cut short on their way, told apart before anybody is asked."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from ..errors import DownloadError
from ..filenames import public_link
from ..languages import N_, _

_HOST = re.compile(r"(.+\.)?(youtube(-nocookie)?\.com|youtu\.be)")
_VIDEO_PATH = re.compile(r"/(?:shorts|embed|live|v|e)/([^/]*)")
_ID_LENGTH = 11
_ID = re.compile(rf"[A-Za-z0-9_-]{{{_ID_LENGTH}}}")  # what follows it, yt-dlp leaves out


def require_whole(link: str) -> None:
    """Raises where the link of a video on YouTube does not name the whole video.

    yt-dlp would tell that the server can't be reached, or that the site may have changed.

    Args:
        link: A link of any site.

    Raises:
        DownloadError: it is one of YouTube, and the name of the video in it is too short.
    """
    name = _video_name(link)
    if name is None or _ID.match(name):
        return
    if not name:
        why = N_(
            "A video on YouTube has a name of {n} letters and digits, and there is none in this"
            " link."
        )
    elif re.search(r"…|\.\.|%E2%80%A6", name, re.IGNORECASE):
        why = N_(
            "A video on YouTube has a name of {n} letters and digits; the dots in this link stand"
            " for what a program did not show of it."
        )
    else:
        why = N_(
            "A video on YouTube has a name of {n} letters and digits; in this link it is {name}."
        )
    raise DownloadError(
        _("The link {link} is not complete.", link=public_link(link)),
        why=_(why, n=_ID_LENGTH, name=repr(name)),
        fix=_(
            "Copy it once more: from the address line of a browser, or with the"
            " Share button under the video."
        ),
    )


def _video_name(link: str) -> str | None:
    """Returns what names the video in a link; None where it is no link of one on YouTube."""
    url = urlsplit(link)
    host = (url.hostname or "").lower()
    if not _HOST.fullmatch(host):
        return None
    given = parse_qs(url.query)
    if "v" in given:
        return given["v"][0]
    if found := _VIDEO_PATH.match(url.path):
        return found[1]
    if host.endswith("youtu.be"):
        return None if "list" in given else url.path.strip("/")
    if url.path.rstrip("/") == "/watch" and "list" not in given and "v=" not in link:
        return ""
    return None
