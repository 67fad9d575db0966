"""Where one video begins behind another in a file, as `cat a.mkv b.mkv` and recorders leave it.

ffmpeg reads MPEG files to their end, and of others the first video. Containers say how long their
parts are, so that a look at the head of each part finds the next video.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

_MOST_PIECES = 1000
_BLOCK, _LONGEST_PATTERN = 1 << 20, 16
_EBML = b"\x1aE\xdf\xa3"
_SEGMENT = b"\x18S\x80g"
_OGG = re.compile(rb"OggS\x00([\x00-\x07])")
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
#: A header of FLV: version 1, sound or pictures or both, its length, and what lies before it: 0.
_FLV = re.compile(rb"FLV\x01[\x01\x04\x05]\x00\x00\x00\x09\x00\x00\x00\x00")


class _Content:
    """The bytes of a file, as far as they are asked for.

    Not mapped into memory: mounts such as Google Drive's may refuse that, and an error of a disk
    would end the process.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(0, stop - start))

    def find(
        self, pattern: re.Pattern[bytes], begin: int = 0
    ) -> Iterator[tuple[int, re.Match[bytes]]]:
        """Gives each place from one on where a short pattern fits, and how."""
        for start in range(begin, self._size, _BLOCK):
            for found in pattern.finditer(self[start : start + _BLOCK + _LONGEST_PATTERN]):
                if found.start() < _BLOCK:  # else the next block has it
                    yield start + found.start(), found


@dataclass(frozen=True)
class Piece:
    """A part of a file that is a video of its own.

    Attributes:
        start: Its first byte.
        end: The byte behind its last one.
        whole: True where it is all of the file.
    """

    start: int
    end: int
    whole: bool = False

    def url(self, path: Path) -> str:
        """Returns what ffmpeg calls it; `file:` keeps a name with a colon or a dash a name."""
        if self.whole:
            return f"file:{path}"
        return f"subfile,,start,{self.start},end,{self.end},,:file:{path}"


def find_pieces(path: Path) -> tuple[Piece, ...]:
    """Returns the videos that a file holds one behind the other; usually one.

    Raises:
        OSError: the file can't be read.
    """
    known = path.stat()
    return _find_pieces(path, known.st_size, known.st_mtime_ns)


@lru_cache(maxsize=64)
def _find_pieces(path: Path, size: int, modified: int) -> tuple[Piece, ...]:
    if size < 64 or not path.is_file():
        return (Piece(0, size, whole=True),)
    with open(path, "rb") as file:
        content = _Content(file, size)
        walk = _walk_of(content)
        starts = [0, *walk(content)][:_MOST_PIECES] if walk else [0]
    if len(starts) == 1:
        return (Piece(0, size, whole=True),)
    return tuple(Piece(start, end) for start, end in zip(starts, [*starts[1:], size], strict=True))


def _walk_of(content: _Content) -> Callable[[_Content], Iterator[int]] | None:
    head = content[:16]
    if head[4:8] == b"ftyp":
        return _mp4
    if head.startswith(_EBML):
        return _matroska
    if head.startswith(b"FLV\x01"):
        return lambda content: (start for start, _ in content.find(_FLV, 1))
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return _avi
    if head.startswith(b"OggS"):
        return _ogg
    return _asf if head == _ASF_HEADER else None


def _mp4(content: _Content) -> Iterator[int]:
    place, filled = 0, False
    while place + 16 <= len(content):
        length, kind = int.from_bytes(content[place : place + 4]), content[place + 4 : place + 8]
        if length == 1:
            length = int.from_bytes(content[place + 8 : place + 16])
        if length < 8:  # 0: up to the end of the file
            return
        if kind == b"ftyp" and filled:
            yield place
            filled = False
        filled = filled or kind in (b"moov", b"mdat")
        place += length


def _ogg(content: _Content) -> Iterator[int]:
    begun = True
    for start, page in content.find(_OGG):
        begins = page[1] == b"\x02"
        if begins and not begun:
            yield start
        begun = begins


def _avi(content: _Content) -> Iterator[int]:
    place = 0
    while content[place : place + 4] == b"RIFF":  # large files have further ones, of "AVIX"
        if place and content[place + 8 : place + 12] == b"AVI ":
            yield place
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        place += 8 + length + length % 2


def _asf(content: _Content) -> Iterator[int]:
    place = 0
    while place + 24 <= len(content):
        if place and content[place : place + 16] == _ASF_HEADER:
            yield place
        length = int.from_bytes(content[place + 16 : place + 24], "little")
        if length < 24:
            return
        place += length


def _matroska(content: _Content) -> Iterator[int]:
    place = 0
    while 0 <= place < len(content):
        if content[place : place + 4] == _EBML and place:
            yield place
        place = _behind(content, place)


def _behind(content: _Content, place: int) -> int:
    """Returns where the element at a place ends; -1 where nothing is known to follow it."""
    width = _width(content[place : place + 1])
    length_width = _width(content[place + width : place + width + 1])
    body = place + width + length_width
    if not width or not length_width or body > len(content):
        return -1
    length = int.from_bytes(content[place + width : body]) & ~(1 << 7 * length_width)
    if length != (1 << 7 * length_width) - 1:
        return body + length
    # A recorder that does not know how much will come. The next header names its kind.
    if content[place : place + width] != _SEGMENT:
        return -1
    headers = (start for start, _ in content.find(re.compile(re.escape(_EBML)), body))
    return next((start for start in headers if b"\x42\x82" in content[start : start + 64]), -1)


def _width(first: bytes) -> int:
    """Returns how many bytes a number of Matroska has, by the first; 0 where it is none."""
    return 9 - first[0].bit_length() if first and first[0] else 0
