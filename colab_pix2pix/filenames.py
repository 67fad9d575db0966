"""Names of files: made from titles and from other files, and what they end in."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from urllib.parse import urlsplit

#: What the name of an image file ends in, in small letters.
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


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


def safe_suffix(path: Path) -> str:
    """Returns the suffix of a file in small letters, or "" when it is no plain one."""
    suffix = path.suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ""


def public_link(link: str) -> str:
    """Returns a link without a user's name and password, fit to be stored and shown.

    Example:
        >>> public_link("https://me:secret@example.org/clip.mp4")
        'https://example.org/clip.mp4'
    """
    url = urlsplit(link)
    return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
