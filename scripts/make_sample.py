"""Make the bundled sample time-lapse: a simulated meadow that grows, from bare soil to full bloom.

Every picture is computed with NumPy from a seed, so the video belongs to nobody else and can be
made again at any time:

    python scripts/make_sample.py
"""

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from meadow.scene import Scene
from meadow.timeline import STORY_SECONDS
from numpy.typing import NDArray

SAMPLE_PATH = Path(__file__).resolve().parents[1] / "colab_pix2pix" / "sample" / "time-lapse.mp4"
FRAMES_PER_SECOND = 25
# Found by trying: the best (lowest) CRF that keeps the file under 1.3 MB.
QUALITY = 28


def main() -> None:
    """Read the command line and make the video."""
    parser = argparse.ArgumentParser(description="Make the sample time-lapse of a growing meadow.")
    parser.add_argument("path", nargs="?", type=Path, default=SAMPLE_PATH, help="MP4 file to write")
    parser.add_argument(
        "--seconds", type=float, default=STORY_SECONDS, help="length; a shorter video runs faster"
    )
    parser.add_argument(
        "--width", type=int, default=640, help="in pixels, a multiple of 32 for exactly 16:9"
    )
    options = parser.parse_args()
    make_sample(options.path, seconds=options.seconds, width=options.width)


def make_sample(path: Path, *, seconds: float = STORY_SECONDS, width: int = 640) -> None:
    """Render the meadow's whole story into an H.264 file.

    Args:
        path: the MP4 file to write; its folder is made.
        seconds: length of the video. The story is always told to its end.
        width: of the video in pixels, a multiple of 32.

    Raises:
        ValueError: the width or the length cannot be made.
        RuntimeError: ffmpeg failed; the message ends with its last words.
    """
    if width < 32 or width % 32:
        raise ValueError(
            f"width is {width}; it must be a multiple of 32, such as 640, to make 16:9 of even sides"
        )
    frame_count = round(seconds * FRAMES_PER_SECOND)
    if frame_count < 1:
        raise ValueError(
            f"seconds is {seconds}; it must be at least {1 / FRAMES_PER_SECOND}, one frame"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    encode_video(path, render_frames(frame_count, width), width, width * 9 // 16)


def render_frames(frame_count: int, width: int) -> Iterator[NDArray[np.uint8]]:
    """Yield the story's frames, spread evenly over it: uint8 RGB (height, width, 3)."""
    scene = Scene(width * 9 // 16, width)
    for number in range(frame_count):
        yield scene.render(number * STORY_SECONDS / frame_count)


def encode_video(path: Path, frames: Iterator[NDArray[np.uint8]], width: int, height: int) -> None:
    """Pipe raw RGB frames to ffmpeg; it is ended whatever happens."""
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            _ffmpeg_arguments(path, width, height),
            stdin=subprocess.PIPE,
            stderr=words,
            start_new_session=True,  # Ctrl-C reaches Python only, which then ends ffmpeg
        )
        try:
            for frame in frames:
                process.stdin.write(frame.tobytes())
            process.stdin.close()
            failed = process.wait(timeout=120) != 0
        except BrokenPipeError:
            failed = True
        finally:
            process.kill()
            process.wait()
        if failed:
            words.seek(0)
            tail = words.read().decode(errors="replace").strip()[-600:]
            raise RuntimeError(f"ffmpeg could not write {path}. Its last words: {tail}")


def _ffmpeg_arguments(path: Path, width: int, height: int) -> list[str]:
    source = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {FRAMES_PER_SECOND} -i pipe:0"
    # Small videos have no agreed colour matrix; name it, or players disagree about the greens.
    colour = "-vf scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int -pix_fmt yuv420p"
    tags = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv"
    # aq-mode 3 spends more on dark parts, where the night sky would show blocks.
    codec = f"-c:v libx264 -preset veryslow -crf {QUALITY} -aq-mode 3 -threads 1"
    # Bit-exact flags leave out the encoder's version, so that equal frames give equal files.
    container = "-an -fflags +bitexact -flags:v +bitexact -movflags +faststart -f mp4"
    words = f"-hide_banner -loglevel error -y {source} {colour} {tags} {codec} {container}"
    return [imageio_ffmpeg.get_ffmpeg_exe(), *words.split(), str(path)]


if __name__ == "__main__":
    main()
