"""Names of files made from titles and from other files."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path


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


def sidecar(video: Path) -> Path:
    """Returns the hidden file beside a fetched video that says where it came from."""
    return video.with_name(f".{video.name}.source.json")
