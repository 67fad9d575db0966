"""The frames of a video one after another, each with its time."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from .container import no_picture
from .decode import decode
from .filters import Scaling, Shape
from .prefetch import prefetch
from .probe import VideoInfo
from .timeline import Timeline

_PREFETCHED_BLOCKS = 2


@dataclass(frozen=True)
class Block:
    """Some frames in a row.

    Attributes:
        seconds: When each appears, on the clock of the timeline, float64 `(count,)`.
        pictures: uint8 `(count, height, width, 3)` RGB.
    """

    seconds: np.ndarray
    pictures: np.ndarray


def scaled_frames(
    info: VideoInfo, timeline: Timeline, size: int, block: int, *, whole: bool = False
) -> Generator[Block]:
    """Gives the centre squares of all frames, or whole frames, prefetched in a thread.

    Args:
        info: The video.
        timeline: Its frames.
        size: Width and height that the squares get, an even number of pixels; of whole frames the
            shorter side, the other is made even too.
        block: How many frames come at a time; the last ones may be fewer.
        whole: True leaves nothing out. Where a file changes its shape in the middle, what comes
            later is fitted into the first shape, between black bars.

    Raises:
        VideoError: the video can't be decoded, or holds no picture.
    """
    blocks = _decode_blocks(info, timeline, size, block, whole)
    yield from prefetch(blocks, _PREFETCHED_BLOCKS, name="decoding")


def _decode_blocks(
    info: VideoInfo, timeline: Timeline, size: int, block: int, whole: bool
) -> Generator[Block]:
    side = min(info.width, info.height)
    width, height = (
        2 * round(n * size / side / 2) if whole else size for n in (info.width, info.height)
    )

    def scaling_of(shape: Shape) -> Scaling:
        if whole:
            return Scaling(_fitted(shape, info.shape, width, height), method="area")
        return Scaling((size, size), _centre_square(shape), method="area")

    everything = np.arange(len(timeline.seconds))
    seconds: list[float] = []
    pictures: list[np.ndarray] = []
    count = 0
    for frame in decode(info, timeline, everything, scaling_of):
        count += 1
        seconds.append(float(timeline.seconds[frame.index]))
        pictures.append(_packed(frame.planes, width, height))
        if len(pictures) == block:
            yield Block(np.array(seconds), np.stack(pictures))
            seconds, pictures = [], []
    if pictures:
        yield Block(np.array(seconds), np.stack(pictures))
    if not count:
        raise no_picture(info.path)


def _centre_square(shape: Shape) -> tuple[int, int, int, int]:
    """Returns what to cut, before anything is scaled, where pixels may not be square yet."""
    side = min(shape.width, shape.height)
    across = max(1, round(side * shape.decoded_width / shape.width))
    return (shape.decoded_width - across) // 2, (shape.height - side) // 2, across, side


def _fitted(shape: Shape, first: Shape, width: int, height: int) -> tuple[int, int]:
    if shape == first:
        return width, height
    scale = min(width / shape.width, height / shape.height)
    return max(1, round(shape.width * scale)), max(1, round(shape.height * scale))


def _packed(planes: np.ndarray, width: int, height: int) -> np.ndarray:
    """Returns red, green and blue as one picture of a size, in its middle where it is smaller."""
    _, down, across = planes.shape
    picture = (np.empty if (across, down) == (width, height) else np.zeros)(
        (height, width, 3), np.uint8
    )
    top, left = (height - down) // 2, (width - across) // 2
    for channel, plane in enumerate(planes):
        picture[top : top + down, left : left + across, channel] = plane
    return picture
