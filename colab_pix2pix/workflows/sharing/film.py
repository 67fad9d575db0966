"""Pictures in a row as a film: a GIF that plays everywhere, or an MP4."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image

from ... import ffmpeg, wording
from ...errors import OptionError
from ...languages import _

_FRAMES_PER_SECOND = 8
_LAST_FRAME_SECONDS = 2.0
_NARROWEST = 120  # pixels
_FRAME = "frame-%05d.png"
_FILTERS = {
    # Of what does not change from frame to frame, a GIF takes nothing.
    ".gif": "scale={width}:-1:flags=lanczos,split[a][b];[a]palettegen=stats_mode=full[p];"
    "[b][p]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle",
    ".mp4": "scale={width}:-2:flags=lanczos,"
    f"tpad=stop_mode=clone:stop_duration={_LAST_FRAME_SECONDS}",
}
_CODING = {
    ".gif": ["-loop", "0", "-final_delay", str(round(100 * _LAST_FRAME_SECONDS))],
    ".mp4": ["-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart"],
}


def write_frames(frames: Iterable[Image.Image], folder: Path) -> int:
    """Writes frames for `write_film` into a folder; returns how many they are."""
    count = 0
    for count, frame in enumerate(frames, 1):
        frame.save(folder / (_FRAME % count), compress_level=1)
    return count


def write_film(folder: Path, path: Path, *, limit_bytes: float) -> Path:
    """Writes the frames of a folder as a film; the last one stays for a while.

    Args:
        folder: Where `write_frames` has put them.
        path: The `.gif` or `.mp4` to write.
        limit_bytes: It is made as much smaller as it takes.

    Raises:
        OptionError: no film fits into that.
        VideoError: ffmpeg failed.
    """
    with Image.open(folder / (_FRAME % 1)) as first:
        width = first.width

    def write(width: int) -> None:
        source = ["-y", "-framerate", str(_FRAMES_PER_SECOND), "-i", str(folder / _FRAME)]
        filters = ["-filter_complex", _FILTERS[path.suffix].format(width=width)]
        ffmpeg.run([*source, *filters, *_CODING[path.suffix], str(path)], what=f"writing {path}")

    return write_fitting(path, write, width, limit_bytes)


def write_fitting(
    path: Path, write: Callable[[int], object], width: int, limit_bytes: float
) -> Path:
    """Writes a file as wide as it may be, so that it takes no more bytes than it may.

    Args:
        path: The file.
        write: Writes it at a width, in pixels.
        width: The largest.
        limit_bytes: What the file may take.

    Raises:
        OptionError: it does not fit, however small.
    """
    while True:
        write(width)
        size = path.stat().st_size
        if size <= limit_bytes:
            return path
        if width <= _NARROWEST:
            smallest = wording.bytes_in_words(size)
            raise OptionError(
                _(
                    "megabytes: received {n}, and {name} takes {smallest} at its smallest.",
                    n=f"{limit_bytes / 1e6:g}",
                    name=path.name,
                    smallest=smallest,
                ),
                why=_("Expected room for that."),
            )
        width = max(_NARROWEST, int(width * min(0.9, (limit_bytes / size) ** 0.5)) // 2 * 2)
