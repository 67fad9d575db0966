"""The pictures of a video one after another, at an even pace."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import numpy as np

from ..errors import VideoError
from ..ffmpeg import running
from .looks import filters_after_choice, filters_before_choice, scale_colours
from .probe import VideoInfo, local_input

_FASTEST = 120.0  # some containers name the unit of their clock instead of a frame rate
_USUAL = 25.0
_AHEAD = 2  # blocks that are decoded before they are asked for


def pace(info: VideoInfo) -> float:
    """Returns the frames per second at which a video is shown evenly."""
    rate = info.frames_per_second
    return rate if 0 < rate <= _FASTEST else _USUAL


def scaled_frames(
    info: VideoInfo, size: int, block: int, *, whole: bool = False
) -> Iterator[np.ndarray]:
    """Gives the centre squares of all frames, or whole frames, decoded ahead in a thread.

    Args:
        info: The video.
        size: Width and height that the squares get, an even number; of whole frames the shorter
            side, the other is made even too.
        block: How many frames come at a time.
        whole: True leaves nothing out.

    Returns:
        uint8 `(block, height, width, 3)` RGB each; the last one may be shorter.

    Raises:
        VideoError: the video can't be decoded, or holds no picture.
    """
    ready: queue.Queue[np.ndarray | BaseException | None] = queue.Queue(_AHEAD)
    stopped = threading.Event()

    def put(item: np.ndarray | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for frames in _decoded(info, size, block, whole):
                if not put(frames):
                    return
            put(None)
        except BaseException as error:  # raised again by who asks for the next block
            put(error)

    thread = threading.Thread(target=work, name="decoding")
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()


def _decoded(info: VideoInfo, size: int, block: int, whole: bool) -> Iterator[np.ndarray]:
    side = min(info.width, info.height)
    width, height = (
        2 * round(n * size / side / 2) if whole else size for n in (info.width, info.height)
    )
    chain = filters_before_choice(info) + filters_after_choice(info)
    chain += f"scale={info.width}:{info.height}{scale_colours(info)},"
    chain += "" if whole else f"crop={side}:{side},"
    chain += f"scale={width}:{height}:flags=area,setsar=1,fps={pace(info):g},format=rgb24"
    command = [*local_input(info.path), "-map", "0:V:0", "-vf", chain, "-f", "rawvideo", "-"]
    length, count = width * height * 3, 0
    try:
        with running(command, what=f"decoding {info.path.name}") as process:
            assert process.stdout is not None
            while data := process.stdout.read(block * length):
                frames = np.frombuffer(data, np.uint8)[: len(data) // length * length]
                count += len(frames)
                yield frames.reshape(-1, height, width, 3)
    except VideoError:
        # ffmpeg also complains of a damaged end after it gave us all that came before it.
        if not count:
            raise
    if not count:
        raise VideoError(f"{info.path} holds no picture.", fix="Choose another video.")
