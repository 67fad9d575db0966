"""How well pictures that look alike are found: several descriptors on a labelled set.

    python benchmarks/likeness.py [--variants 10] [--seed 1]

Each picture of the set (photographs that come with scikit-image, frames of the sample video and of
ffmpeg's sources) is taken several times: moved, nearer, turned a little, mirrored, in other light
and colour, blurred, as a poor JPEG. Each is asked for the others of its kind. Prints the mean
average precision (1: those alike come first, all of them), and how many of the closest
`variants - 1` are alike; for all changes at once, and the precision for each alone.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

sys.path.insert(0, str(Path(__file__).parents[1]))
from colab_pix2pix.dataset import likeness
from colab_pix2pix.dataset.quality import perceptual_hash
from colab_pix2pix.downloader.download import sample_video

PHOTOS = (
    "astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "coffee.png",
    "coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png",
    "motorcycle_left.png", "page.png", "retina.jpg", "rocket.jpg", "text.png", "clock_motion.png",
    "color.png",
)  # fmt: skip
MADE = (
    "mandelbrot", "testsrc2", "rgbtestsrc", "smptehdbars", "cellauto=s=320x240:rule=110",
    "life=s=320x240:mold=10:r=30:ratio=0.1:death_color=#C83232:life_color=#00ff00",
    "gradients=seed=4:n=5", "gradients=seed=9:n=3:type=spiral", "sierpinski", "yuvtestsrc",
)  # fmt: skip
SIDE = 128
Distances = Callable[[list[Image.Image]], np.ndarray]


def photographs() -> list[Image.Image]:
    import skimage.data

    folder = Path(skimage.data.__file__).parent
    return [Image.open(folder / name).convert("RGB") for name in PHOTOS]


def frame(*source: str, at: float) -> Image.Image:
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "frame.png"
        command = [ffmpeg, "-v", "error", "-ss", str(at), *source, "-frames:v", "1", str(target)]
        subprocess.run(command, check=True)
        return Image.open(target).convert("RGB").copy()


def square(picture: Image.Image, zoom: float, right: float, down: float) -> Image.Image:
    """Returns a part of a picture, moved by shares of its side."""
    side = min(picture.size) / zoom
    left = (picture.width - side) / 2 + right * side
    top = (picture.height - side) / 2 + down * side
    box = (left, top, left + side, top + side)
    return picture.transform((SIDE, SIDE), Image.Transform.EXTENT, box, Image.Resampling.BICUBIC)


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def warmer(picture: Image.Image, share: float) -> Image.Image:
    return Image.fromarray(
        np.clip(np.asarray(picture) * np.array([1 + share, 1, 1 - share]), 0, 255).astype(np.uint8)
    )


def centre(picture: Image.Image) -> Image.Image:
    return square(picture, 1.3, 0, 0)


def turned(picture: Image.Image, degrees: float) -> Image.Image:
    return picture.rotate(degrees, Image.Resampling.BICUBIC)


def mirrored(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def lit(picture: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(factor)


#: A change, and how it is made with random numbers between 0 and 1.
CHANGES: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "moved": lambda p, r: square(p, 1.3, *(0.2 * r.random(2) - 0.1)),
    "nearer": lambda p, r: square(p, 1.3 + 0.5 * r.random(), 0, 0),
    "turned": lambda p, r: centre(turned(p, 16 * r.random() - 8)),
    "mirrored": lambda p, r: centre(mirrored(p)),
    "light": lambda p, r: lit(centre(p), 0.7 + 0.6 * r.random()),
    "colour": lambda p, r: warmer(centre(p), 0.3 * r.random() - 0.15),
    "blur": lambda p, r: centre(p).filter(ImageFilter.GaussianBlur(1 + 2 * r.random())),
    "jpeg": lambda p, r: jpeg(centre(p), 10),
}


def changed_at_random(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Returns a picture with a few changes at once, as another crop of the same thing has them."""
    if random.random() < 0.5:
        picture = mirrored(picture)
    picture = turned(picture, 10 * random.random() - 5)
    picture = square(picture, 1.2 + 0.4 * random.random(), *(0.16 * random.random(2) - 0.08))
    picture = lit(picture, 0.8 + 0.4 * random.random())
    return jpeg(warmer(picture, 0.16 * random.random() - 0.08), 40)


def by_hash(pictures: list[Image.Image]) -> np.ndarray:
    hashes = np.array([perceptual_hash(p.convert("L")) for p in pictures], np.uint64)
    return np.bitwise_count(hashes[:, None] ^ hashes[None]).astype(float)


def by_thumbnail(pictures: list[Image.Image]) -> np.ndarray:
    small = [np.asarray(p.resize((8, 8), Image.Resampling.BOX), np.float32) for p in pictures]
    return between(np.stack(small).reshape(len(small), -1))


def by_levels(pictures: list[Image.Image]) -> np.ndarray:
    """Tells pictures apart by how much of each lies below each level of each colour alone."""
    small = [np.asarray(p.resize((64, 64), Image.Resampling.BOX)) for p in pictures]
    levels = np.linspace(0, 255, 16)
    below = [(pixels[..., None] <= levels).mean((0, 1)).ravel() for pixels in small]
    return between(np.stack(below), mean=True)


def by_part(*parts: int) -> Distances:
    """Returns distances by some of the parts of the package's likeness, without mirror images."""

    def compared(pictures: list[Image.Image]) -> np.ndarray:
        small = [p.resize((64, 64), Image.Resampling.BOX) for p in pictures]
        found = [likeness.parts(np.asarray(p, np.float32) / 255) for p in small]
        return sum(
            likeness._WEIGHTS[part] * between(np.stack([f[part].ravel() for f in found]), mean=True)
            for part in parts  # each as the package weighs it
        )

    return compared


def by_likeness(pictures: list[Image.Image]) -> np.ndarray:
    described = np.stack([likeness.descriptor(p) for p in pictures])
    return np.stack([likeness.distances(described, i) for i in range(len(described))])


def between(rows: np.ndarray, mean: bool = False) -> np.ndarray:
    if mean:
        return np.stack([np.abs(rows - row).mean(1) for row in rows])
    return np.stack([np.sqrt(((rows - row) ** 2).sum(1)) for row in rows])


METHODS: dict[str, Distances] = {
    "perceptual hash": by_hash,
    "thumbnail of 8 pixels": by_thumbnail,
    "colours in places": by_part(0),
    "edges in places": by_part(1),
    "levels of each colour": by_levels,
    "colours and edges in places": by_part(0, 1),
    "the same, or mirrored": by_likeness,
}


def scores(distance: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Returns the mean average precision, and the share of those alike among as many closest."""
    precisions, shares = [], []
    for index in range(len(labels)):
        order = np.argsort(distance[index], kind="stable")
        hits = (labels[order] == labels[index])[order != index]
        ranks = np.flatnonzero(hits) + 1
        precisions.append(float((np.arange(1, len(ranks) + 1) / ranks).mean()))
        shares.append(float(hits[: len(ranks)].mean()))
    return float(np.mean(precisions)), float(np.mean(shares))


def main() -> None:
    """Measures and prints a table for docs/quality.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=int, default=10, help="of each picture")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    sample = [frame("-i", str(sample_video()), at=at) for at in (1, 5, 9)]
    made = [frame("-f", "lavfi", "-i", source, at=3) for source in MADE]
    bases = [*photographs(), *sample, *made]
    random = np.random.default_rng(args.seed)
    many = [changed_at_random(base, random) for base in bases for _ in range(args.variants)]
    labels = np.repeat(np.arange(len(bases)), args.variants)
    plain = [centre(base) for base in bases]
    pairs = {
        name: plain + [change(base, random) for base in bases] for name, change in CHANGES.items()
    }
    two = np.tile(np.arange(len(bases)), 2)
    print(f"{len(bases)} pictures, {len(many)} variants; then each change alone")
    print("| descriptor | precision | of the closest | ms a picture |", *CHANGES, sep=" | ")
    for name, method in METHODS.items():
        started = time.perf_counter()
        distance = method(many)
        ms = (time.perf_counter() - started) / len(many) * 1000
        precision, share = scores(distance, labels)
        alone = [scores(method(pictures), two)[0] for pictures in pairs.values()]
        cells = [f"{value:.2f}" for value in (precision, share, ms, *alone)]
        print(f"| {name} | {' | '.join(cells)} |")
        if method is by_likeness:
            same = labels[:, None] == labels[None]
            near = distance[same & ~np.eye(len(labels), dtype=bool)]
            far = distance[~same]
            print("alike", np.quantile(near, [0.1, 0.5, 0.75, 0.9]).round(3))
            print("other", np.quantile(far, [0.001, 0.01, 0.05, 0.5]).round(3))


if __name__ == "__main__":
    main()
