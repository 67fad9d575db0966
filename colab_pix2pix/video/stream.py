"""The frames of a video one after another, at an even frame rate."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from ..errors import VideoError
from ..ffmpeg import running
from ..prefetch import prefetch
from .filters import filters_after_select, filters_before_select, scale_colours
from .probe import VideoInfo, local_input

_HIGHEST_FRAME_RATE = 120.0  # some containers name the unit of their clock instead of a frame rate
_USUAL_FRAME_RATE = 25.0
_PREFETCHED_BLOCKS = 2


def output_frame_rate(info: VideoInfo) -> float:
    """Returns the frames per second at which a video is shown evenly."""
    rate = info.frames_per_second
    return rate if 0 < rate <= _HIGHEST_FRAME_RATE else _USUAL_FRAME_RATE


def scaled_frames(
    info: VideoInfo, size: int, block: int, *, whole: bool = False
) -> Generator[np.ndarray]:
    """Gives the centre squares of all frames, or whole frames, prefetched in a thread.

    Args:
        info: The video.
        size: Width and height that the squares get, an even number of pixels; of whole frames the
            shorter side, the other is made even too.
        block: How many frames come at a time.
        whole: True leaves nothing out.

    Returns:
        uint8 `(block, height, width, 3)` RGB each; the last one may be shorter.

    Raises:
        VideoError: the video can't be decoded, or holds no picture.
    """
    blocks = _decode_blocks(info, size, block, whole)
    yield from prefetch(blocks, _PREFETCHED_BLOCKS, name="decoding")


def _decode_blocks(info: VideoInfo, size: int, block: int, whole: bool) -> Generator[np.ndarray]:
    side = min(info.width, info.height)
    width, height = (
        2 * round(n * size / side / 2) if whole else size for n in (info.width, info.height)
    )
    command = [*local_input(info.path), "-map", "0:V:0"]
    command += ["-vf", _filters(info, width, height, whole), "-f", "rawvideo", "-"]
    frame_bytes, count = width * height * 3, 0
    try:
        with running(command, what=f"decoding {info.path.name}") as process:
            assert process.stdout is not None
            while data := process.stdout.read(block * frame_bytes):
                frames = np.frombuffer(data, np.uint8)[: len(data) // frame_bytes * frame_bytes]
                count += len(frames)
                yield frames.reshape(-1, height, width, 3)
    except VideoError:
        # ffmpeg also complains of a damaged end after it gave us all that came before it.
        if not count:
            raise
    if not count:
        raise VideoError(f"{info.path} holds no picture.", fix="Choose another video.")


def _filters(info: VideoInfo, width: int, height: int, whole: bool) -> str:
    side = min(info.width, info.height)
    chain = filters_before_select(info) + filters_after_select(info)
    # Cropped before anything is scaled, where pixels may not be square yet.
    across = round(side * info.decoded_width / info.width)
    chain += "" if whole else f"crop={across}:{side},"
    chain += f"scale={width}:{height}:flags=area{scale_colours(info)},setsar=1,"
    return f"{chain}fps={output_frame_rate(info):g},format=rgb24"
