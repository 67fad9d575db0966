"""Names of files: made from titles and from other files, and what they end in."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

#: What the name of an image file ends in, in small letters.
IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"),
    *(".tif", ".tiff", ".avif", ".heic", ".heif", ".jp2", ".j2k", ".jpf", ".jpx", ".j2c"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".pcx", ".psd", ".qoi"),
)
#: The kinds of image files that people have, in words.
IMAGE_KINDS = "a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, JPEG 2000 or HEIC file"

_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]+://"  # and no drive of Windows
_YOUTUBE = r"(?i)https?://([\w-]+\.)*(youtube(-nocookie)?\.com|youtu\.be)(/|$)"
#: What of a link's query is kept: the names under which sites give the numbers of their videos.
_NAMES_VIDEO = re.compile(
    r"(?i)(v|vid|video|video_?id|clip|clip_?id|episode|id|viewkey|list|playlist|playlist_?id|p)"
    r"=[\w.-]{1,48}",
    re.ASCII,
)


def safe_name(text: str) -> str:
    """Returns a text as a file name of every system: letters and digits stay, the rest is "_".

    Example:
        >>> safe_name("Été à Paris? / 4K")
        'Été_à_Paris_4K'
    """
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"[^\w.-]+", "_", text).strip("._-")
    while len(text.encode()) > 80:
        text = text[:-1]
    return text or "video"


def is_plain_name(name: str) -> bool:
    """Returns True for the name of a file in a folder or its sub-folders, which leaves it nowhere.

    Example:
        >>> [is_plain_name(name) for name in ("a.jpg", "b/a.jpg", "../a.jpg", "/a.jpg", "")]
        [True, True, False, False, False]
    """
    return "\0" not in name and not {"", ".", ".."} & set(name.split("/"))


def packed_name(name: str) -> str:
    """Returns the name of a file in sub-folders as that of a file in none, as archives have it.

    Example:
        >>> packed_name("a.jpg"), packed_name("b/a.jpg")
        ('a.jpg', 'b%2Fa.jpg')
    """
    return re.sub(r"[/\\:]", lambda found: f"%{ord(found[0]):02X}", name)


def safe_suffix(path: Path) -> str:
    """Returns the suffix of a file in small letters, or "" when it is no plain one."""
    suffix = path.suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ""


def public_link(link: str) -> str:
    """Returns a link without what is not for others, fit to be stored and shown.

    Left out are a user's name and password, the fragment, and all of the query (keys, tokens,
    signatures) but what names the video, such as YouTube's `v` and `list`. A text that is no link,
    such as a path, is returned as it is.

    Example:
        >>> public_link("https://me:secret@example.org/clip.mp4?token=abc")
        'https://example.org/clip.mp4'
        >>> public_link("https://www.youtube.com/watch?v=aqz-KE-bpKQ&si=abc&t=9")
        'https://www.youtube.com/watch?v=aqz-KE-bpKQ'
    """
    if not re.match(_SCHEME, link):
        return link
    address, _, query = _without_user(link).partition("#")[0].partition("?")
    address = re.sub(r";[^/;=]*=[^/]*", "", address)  # such as `;jsessionid=`
    named = [pair for pair in re.split("[&;]", query) if _NAMES_VIDEO.fullmatch(pair)]
    return f"{address}?{'&'.join(named)}" if named else address


def names_its_video(link: str) -> bool:
    """Returns whether what `public_link` leaves of a link surely names the same video."""
    return public_link(link) == _without_user(link) or bool(re.match(_YOUTUBE, public_link(link)))


def public_text(text: str) -> str:
    """Returns a text with each link in it as `public_link` has it."""
    return re.sub(rf"{_SCHEME}[^\s\"'<>]+", lambda found: public_link(found[0]), text)


def _without_user(link: str) -> str:
    # A password may hold what ends the name of a server, as a person types it: `me:pa/ss@`.
    return re.sub(rf"^({_SCHEME})([^/?#]*|[^:/?#@\[]*:(?!\d*([/?#]|$)).*)@", r"\1", link)
