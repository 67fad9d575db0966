"""The frames of a video one after another, each with its time."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from ..config import Sides, Size, sides
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
    info: VideoInfo, timeline: Timeline, size: Size, block: int, *, whole: bool = False
) -> Generator[Block]:
    """Gives the centres of all frames, or whole frames, prefetched in a thread.

    Args:
        info: The video.
        timeline: Its frames.
        size: What the centres get, cut to its proportions; even numbers of pixels. Of whole frames
            its shorter side is theirs, and the other is made even too.
        block: How many frames come at a time; the last ones may be fewer.
        whole: True leaves nothing out. Where a file changes its shape in the middle, what comes
            later is fitted into the first shape, between black bars.

    Raises:
        VideoError: the video can't be decoded, or holds no picture.
    """
    blocks = _decode_blocks(info, timeline, sides(size), block, whole)
    yield from prefetch(blocks, _PREFETCHED_BLOCKS, name="decoding")


def _decode_blocks(
    info: VideoInfo, timeline: Timeline, size: Sides, block: int, whole: bool
) -> Generator[Block]:
    width, height = size
    if whole:
        scale = min(size) / min(info.width, info.height)
        width, height = (2 * round(n * scale / 2) for n in (info.width, info.height))

    def scaling_of(shape: Shape) -> Scaling:
        if whole:
            return Scaling(_fitted(shape, info.shape, width, height), method="area")
        return Scaling((width, height), _centre(shape, size), method="area")

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


def _centre(shape: Shape, size: Sides) -> tuple[int, int, int, int]:
    """Returns what to cut, before anything is scaled, where pixels may not be square yet."""
    scale = min(shape.width / size.width, shape.height / size.height)
    across = max(1, round(scale * size.width * shape.decoded_width / shape.width))
    down = max(1, round(scale * size.height))
    return (shape.decoded_width - across) // 2, (shape.height - down) // 2, across, down


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
