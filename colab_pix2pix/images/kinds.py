"""What a file is by its first bytes, in words: for those that are not what their names say."""

from __future__ import annotations

import re
from pathlib import Path

from ..languages import N_

#: How many bytes `kind_of` needs at least.
HEAD_BYTES = 512

_KINDS = (
    (rb"PK(\x03\x04|\x05\x06|\x07\x08)", N_("a zip archive")),
    (rb"Rar!", N_("a RAR archive")),
    (rb"7z\xbc\xaf", N_("a 7z archive")),
    (rb"\x1f\x8b", N_("a gzip archive")),
    (rb"%PDF", N_("a PDF document")),
    (rb"(?i)\s*(<!doctype html|<html|<head|<body)", N_("a web page (HTML)")),
    (rb"(?s)\s*(<\?xml.*)?<svg", N_("an SVG drawing")),
    (rb"version https://git-lfs", N_("a pointer of Git LFS, not the file itself")),
    (rb"(?s)....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", N_("a HEIC picture")),
    (rb"(?s)....ftypavi[fs]", N_("an AVIF picture")),
    (rb"(?s)....(ftyp|moov|mdat|wide|free)", N_("a video")),
    (rb"\x1aE\xdf\xa3|(?s:RIFF....AVI )|FLV\x01|OggS|\x30\x26\xb2\x75", N_("a video")),
    (rb"\x00+$", N_("nothing but zeros")),
)


def kind_of(head: bytes) -> str:
    """Returns what a file is, in English; "" where its first bytes say nothing.

    Example:
        >>> kind_of(b"%PDF-1.7"), kind_of(b"")
        ('a PDF document', 'empty (0 bytes)')
    """
    if not head:
        return N_("empty (0 bytes)")
    return next((kind for pattern, kind in _KINDS if re.match(pattern, head[:HEAD_BYTES])), "")


def kind_of_file(path: Path) -> str:
    """Returns what a file is by its first bytes, as `kind_of`; "" for what is no plain file."""
    if not path.is_file():
        return ""
    with open(path, "rb") as file:
        return kind_of(file.read(HEAD_BYTES))
