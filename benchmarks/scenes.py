"""How well scenes are told apart: made films with known cuts, and films without any.

    python benchmarks/scenes.py [--films 2] [--seed 1]

Each film is a row of crops as `frames` cuts them, joined of five pieces: clouds, a wall, discs, a
fractal, cellular automata, a camera that moves over photographs. Some are noisy, some flicker, some
have flashes. Prints for each kind of joint how many cuts are right, how many are found too much and
how many are missing; and what is found in films that have none, where night falls, too.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import make_test_videos as made

from colab_pix2pix.dataset import likeness
from colab_pix2pix.dataset.scenes.scene_cuts import scene_of_each
from colab_pix2pix.downloader.download import sample_video

PHOTOS = (
    "astronaut.png",
    "brick.png",
    "chelsea.png",
    "coffee.png",
    "grass.png",
    "rocket.jpg",
    "retina.jpg",
)
SOURCES = ("mandelbrot=s=320x180", "cellauto=s=320x180:rule=110", "testsrc2=s=320x180")
SIDE = 128
Piece = Callable[[np.random.Generator, int], list[np.ndarray]]  # so many frames


def computed(scene: made.Scene) -> Piece:
    def frames(random: np.random.Generator, count: int) -> list[np.ndarray]:
        start, step = 4 * random.random(), 0.02 + 0.1 * random.random()
        return [scene(start + step * index)[::2, ::2] for index in range(count)]

    return frames


def decoded(*source: str, rate: float = 10.0) -> Piece:
    def frames(random: np.random.Generator, count: int) -> list[np.ndarray]:
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-v",
            "error",
            "-ss",
            f"{2 * random.random():.2f}",
            *source,
        ]
        command += [
            "-vf",
            f"fps={rate},scale=320:180",
            "-frames:v",
            str(count),
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-",
        ]
        raw = subprocess.run(command, check=True, capture_output=True).stdout
        return list(np.frombuffer(raw, np.uint8).reshape(-1, 180, 320, 3))

    return frames


def panned(name: str) -> Piece:
    """A camera that moves and comes nearer, steadily, with a shaking hand."""

    def frames(random: np.random.Generator, count: int) -> list[np.ndarray]:
        import skimage.data

        photo = Image.open(Path(skimage.data.__file__).parent / name).convert("RGB")
        width = photo.width * (0.45 + 0.2 * random.random())
        height = min(width * 9 / 16, photo.height)
        width = height * 16 / 9
        ends = random.random((2, 2)) * [photo.width - width, photo.height - height]
        found = []
        for share in np.linspace(0, 1, count):
            left, top = (
                ends[0] + (ends[1] - ends[0]) * share + 0.01 * width * random.standard_normal(2)
            )
            zoom = 1 - 0.2 * share
            box = (left, top, left + width * zoom, top + height * zoom)
            found.append(
                np.asarray(
                    photo.transform(
                        (320, 180), Image.Transform.EXTENT, box, Image.Resampling.BILINEAR
                    )
                )
            )
        return found

    return frames


PIECES: dict[str, Piece] = {
    **{
        f"clouds {seed}": computed(made.clouds(colours, seed))
        for seed, colours in ((1, made._DAY), (11, made._DUSK))
    },
    **{
        f"wall {seed}": computed(made.wall(colour, seed))
        for seed, colour in ((3, made._RED), (13, made._GREEN))
    },
    "discs": computed(made.discs()),
    **{
        name.partition("=")[0] + str(i): decoded("-f", "lavfi", "-i", name)
        for i, name in enumerate(SOURCES)
    },
    **{name: panned(name) for name in PHOTOS},
}


def lit(frame: np.ndarray, factor: float) -> np.ndarray:
    return np.clip(frame * factor, 0, 255).astype(np.uint8)


CARD = np.asarray(Image.fromarray(made._title_card("A TITLE CARD")).resize((320, 180)))


def joint(
    kind: str, before: np.ndarray, after: np.ndarray, random: np.random.Generator
) -> list[np.ndarray]:
    """Returns what stands between two pieces."""
    count = int(random.integers(1, 4))
    shares = (np.arange(count) + 1) / (count + 1)
    if kind == "card":
        return [CARD] * count
    if kind == "black":
        return [np.zeros_like(before)] * count
    if kind == "fade":
        return [lit(before, 1 - 2 * s) if s < 0.5 else lit(after, 2 * s - 1) for s in shares]
    if kind == "dissolve":
        return [(before * (1 - s) + after * s).astype(np.uint8) for s in shares]
    return []


JOINTS = ("cut", "card", "black", "fade", "dissolve")
TROUBLES = ("none", "noise", "flicker", "flashes")


def film(
    kind: str, trouble: str, pieces: int, random: np.random.Generator
) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Returns frames, and for each cut the last frame before it and the first one after it."""
    names = random.permutation(list(PIECES))[:pieces]
    frames: list[np.ndarray] = []
    cuts = []
    for name in names:
        piece = PIECES[name](random, int(random.integers(4, 30)))
        if frames:
            last = len(frames) - 1
            frames += joint(kind, frames[-1], piece[0], random)
            cuts.append((last, len(frames)))
        frames += piece
    return troubled(frames, trouble, random), cuts


def troubled(
    frames: list[np.ndarray], trouble: str, random: np.random.Generator
) -> list[np.ndarray]:
    if trouble == "noise":
        return [
            np.clip(f + 14 * random.standard_normal(f.shape), 0, 255).astype(np.uint8)
            for f in frames
        ]
    if trouble == "flicker":
        return [lit(f, 0.85 + 0.3 * random.random()) for f in frames]
    if trouble == "flashes":
        return [255 - lit(255 - f, 0.15) if random.random() < 0.05 else f for f in frames]
    if trouble == "night":  # and day, slowly
        period = max(20, len(frames) / 3)
        return [lit(f, 0.52 + 0.48 * np.cos(2 * np.pi * i / period)) for i, f in enumerate(frames)]
    return frames


def crops_of(frame: np.ndarray) -> list[Image.Image]:
    """Returns the two ends of a frame, as JPEG has them."""
    found = []
    for part in (frame[:, :180], frame[:, -180:]):
        stream = io.BytesIO()
        Image.fromarray(part).resize((SIDE, SIDE), Image.Resampling.BOX).save(
            stream, "JPEG", quality=95
        )
        found.append(Image.open(stream).convert("RGB"))
    return found


def look(frame: np.ndarray) -> tuple[dict[str, np.ndarray], bool]:
    """Returns how each crop of a frame looks, and whether all are dark or may be a title card."""
    from colab_pix2pix.config import CurateConfig
    from colab_pix2pix.dataset.quality import _flatness

    crops = crops_of(frame)
    looks = {
        side: likeness.descriptor(crop)[0]
        for side, crop in zip(("left", "right"), crops, strict=True)
    }
    grey = [np.asarray(crop.convert("L")) for crop in crops]
    rules = CurateConfig()
    plain = all(g.mean() < 255 * rules.dark_below or _flatness(g) > rules.flat_above for g in grey)
    return looks, plain


def found_cuts(frames: list[np.ndarray]) -> list[int]:
    """Returns the numbers of the frames with which a scene begins."""
    looks, plain = zip(*map(look, frames), strict=True)
    scenes = scene_of_each(looks, plain)
    return [index for index in range(1, len(scenes)) if scenes[index] != scenes[index - 1]]


def score(found: list[int], cuts: list[tuple[int, int]]) -> tuple[int, int, int]:
    """Returns how many cuts are right, how many are found too much, and how many are missing."""
    right = sum(any(last < index <= first for index in found) for last, first in cuts)
    return right, len(found) - right, len(cuts) - right


def main() -> None:
    """Measures and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=2, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print("| joint | right | too much | missing | F1 |")
    everything = np.zeros(3, int)
    for kind in JOINTS:
        total = np.zeros(3, int)
        for number in range(args.films):
            for trouble in TROUBLES:
                key = [args.seed, number, JOINTS.index(kind), TROUBLES.index(trouble)]
                frames, cuts = film(kind, trouble, 5, np.random.default_rng(key))
                total += score(found_cuts(frames), cuts)
        everything += total
        print(row(kind, total), flush=True)
    print(row("all", everything))
    count = 0
    names = list(PIECES)
    for name in names:
        random = np.random.default_rng(args.seed)
        frames = PIECES[name](random, 40)
        for trouble in (*TROUBLES, "night"):
            if found := found_cuts(troubled(frames, trouble, random)):
                count += len(found)
                print(f"no cut, but found in {name}, {trouble}: {found}", flush=True)
    for many in (40, 100, 300):
        growth = decoded("-i", str(sample_video()), rate=many / 12)
        count += len(found_cuts(growth(np.random.default_rng(0), many)))
    print(f"{count} found in {5 * len(names) + 3} films without cuts")


def row(name: str, total: np.ndarray) -> str:
    right, too_much, missing = map(int, total)
    f1 = 2 * right / (2 * right + too_much + missing)
    return f"| {name} | {right} | {too_much} | {missing} | {f1:.2f} |"


if __name__ == "__main__":
    main()
