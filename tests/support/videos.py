"""Makes small real videos with ffmpeg, whose pictures say which frame they are."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image

from colab_pix2pix import ffmpeg

BITS = 12


def lavfi(path: Path, graph: str, *output: str) -> Path:
    """Writes what an ffmpeg filter source gives; `output` are ffmpeg's output options."""
    arguments = ["-f", "lavfi", "-i", graph, *output, "-y", f"file:{path}"]
    ffmpeg.run(arguments, what=f"making {path.name}")
    return path


def counting(
    path: Path,
    *output: str,
    frames: int = 100,
    rate: str = "25",
    width: int = 160,
    height: int = 96,
    bars: str = "Y",
    filters: str = "",
) -> Path:
    """Writes a video whose frame n shows n as 12 black or white bands.

    Args:
        path: The file to write.
        output: ffmpeg's output options, such as "-c:v", "libvpx-vp9".
        frames: How many.
        rate: Frames per second.
        width: In pixels.
        height: In pixels.
        bars: "Y" puts the bands below each other, "X" side by side.
        filters: More filters, applied to the counting pictures.
    """
    across = height if bars == "Y" else width
    band = f"floor({bars}*{BITS}/{across})"
    grey = f"'30+200*mod(floor(N/pow(2,{band})),2)'"
    graph = f"color=size={width}x{height}:rate={rate},format=gray,geq=lum={grey},format=yuv420p"
    if filters:
        graph += f",{filters}"
    return lavfi(path, graph, "-frames:v", str(frames), *output)


def number_of(picture: Path | Image.Image, bars: str = "Y") -> int:
    """Returns which frame of a `counting` video a crop was cut from."""
    image = Image.open(picture) if isinstance(picture, Path) else picture
    pixels = np.asarray(image.convert("L"), np.float32)
    profile = pixels.mean(axis=1 if bars == "Y" else 0)
    bands = [
        band[len(band) // 4 : -(len(band) // 4) or None] for band in np.array_split(profile, BITS)
    ]
    return sum(1 << index for index, band in enumerate(bands) if band.mean() > 130)


def scene(
    path: Path, *output: str, seconds: float = 4, rate: str = "25", size: str = "160x96"
) -> Path:
    """Writes a moving test card: sharp, bright and never the same twice."""
    return lavfi(path, f"testsrc2=size={size}:rate={rate}:duration={seconds}", *output)


def joined(path: Path, *parts: Path) -> Path:
    """Writes files one behind the other, as a recorder does that begins anew."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def shown(path: Path) -> list[tuple[float, int]]:
    """Returns for each frame of a `counting` video when it is shown, and which one it is."""
    with av.open(str(path)) as container:
        return [(float(f.time or 0), number_of(f.to_image())) for f in container.decode(video=0)]


def starts(path: Path) -> tuple[float, float]:
    """Returns when the pictures and the sound of a video begin, in seconds."""
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        sound = next(container.decode(audio=0)).time
    return float(picture or 0), float(sound or 0)
