"""Writes images in the background while the next ones are being decoded."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

from PIL import Image

_JPEG_QUALITY = 95
_WORKERS = 2  # Pillow frees the interpreter while it encodes
_MOST_PENDING = 4 * _WORKERS


class ImageWriter:
    """Encodes images in the background, a few at a time so that memory stays small."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_WORKERS)
        self._pending: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=exception[0] is not None)
        if exception[0] is None:
            for future in self._pending:
                future.result()

    def write(self, path: Path, image: Image.Image) -> None:
        """Writes an image, in the format that the end of its name says; an error may come later."""
        self._pending.append(self._pool.submit(_write, path, image))
        while len(self._pending) > _MOST_PENDING:
            self._pending.popleft().result()


def _write(path: Path, image: Image.Image) -> None:
    image.save(path, quality=_JPEG_QUALITY)
