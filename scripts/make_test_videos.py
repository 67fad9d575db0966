"""Make the test videos of benchmarks/quality.py: clouds that flow, a wall with fine texture, cuts.

    python scripts/make_test_videos.py clouds clouds.mp4

Every picture is computed from a seed, so that anybody can make the same video. What the last fifth
shows is of the same kind as what comes before, and never the same.
"""

import argparse
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from colab_pix2pix.video.encode import encode_video

Frame = NDArray[np.uint8]
Picture = NDArray[np.float32]
Scene = Callable[[float], Frame]  # seconds -> frame
WIDTH, HEIGHT = 640, 360
FRAMES_PER_SECOND = 25
SECONDS = 12.0
_DAY = ((0.16, 0.36, 0.72), (0.62, 0.78, 0.92), (1.0, 0.99, 0.96))
_DUSK = ((0.20, 0.14, 0.36), (0.94, 0.52, 0.30), (1.0, 0.80, 0.66))
_RED, _GREEN = (0.62, 0.30, 0.22), (0.30, 0.46, 0.34)


def main() -> None:
    """Read the command line and make a video."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=SCENES)
    parser.add_argument("path", type=Path, help="MP4 file to write")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    make_video(options.name, options.path, seconds=options.seconds)


def make_video(name: str, path: Path, *, seconds: float = SECONDS) -> None:
    """Render one of `SCENES` into an H.264 file; its folder is made."""
    scene = SCENES[name]()

    def frames() -> Iterator[tuple[float, Frame]]:
        for index in range(round(seconds * FRAMES_PER_SECOND)):
            time = index / FRAMES_PER_SECOND
            yield time, scene(time)

    path.parent.mkdir(parents=True, exist_ok=True)
    encode_video(path, frames())


class Noise:
    """Smooth random hills in several sizes, which drift with the wind and change as they do.

    Args:
        seed: Of the hills.
        cells: How many of the largest fit into the width.
        octaves: Each is half as large and half as high as the one before.
    """

    _LATTICE, _TIMES = 96, 16

    def __init__(self, seed: int, cells: float = 3.0, octaves: int = 6) -> None:
        shape = (octaves, self._TIMES, self._LATTICE, 4 * self._LATTICE)
        self._lattices = np.random.default_rng(seed).random(shape, np.float32)
        self._cells = cells

    def __call__(self, time: float, wind: float) -> Picture:
        """Return heights `(HEIGHT, WIDTH)` around 0.5; `wind` is in widths a second."""
        total, weight = np.zeros((HEIGHT, WIDTH), np.float32), 0.0
        for octave, lattice in enumerate(self._lattices):
            step, share = divmod(0.4 * time * (octave + 1) ** 0.5, 1.0)
            now, then = (lattice[int(step + k) % self._TIMES] for k in (0, 1))
            cells = self._cells * 2**octave
            wide = min(cells, self._LATTICE)
            left = wind * time * cells % (2 * self._LATTICE) + 2
            box = (left, 2, left + wide, 2 + wide * HEIGHT / WIDTH)
            blended = Image.fromarray(now + (then - now) * share)
            hills = blended.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC, box=box)
            total += np.asarray(hills) * 0.5**octave
            weight += 0.5**octave
        return total / weight


def clouds(colours: tuple = _DAY, seed: int = 1) -> Scene:
    """Flow: clouds over dark hills, lit from above."""
    noise, land = Noise(seed), Noise(seed + 1, cells=2.0)(0.0, 0.0)
    down = np.linspace(0.0, 1.0, HEIGHT, dtype=np.float32)[:, np.newaxis]
    ground = down > 0.82 + 0.25 * (land - 0.5)
    high, low, white = (np.array(colour, np.float32) for colour in colours)
    sky = high + (low - high) * down[..., np.newaxis]

    def scene(time: float) -> Frame:
        height = noise(time, 0.06)
        cover = _smooth_step(height, 0.47, 0.62)[..., np.newaxis]
        above = np.concatenate([height[:1]] * 6 + [height[:-6]])
        shade = np.clip(0.5 + 5.0 * (height - above), 0.0, 1.0)
        lit = white * (0.55 + 0.45 * shade[..., np.newaxis])
        picture = sky + (lit - sky) * cover
        dark = low * (0.12 + 0.35 * land[..., np.newaxis])
        return _frame(np.where(ground[..., np.newaxis], dark, picture))

    return scene


def wall(colour: tuple = _RED, seed: int = 3) -> Scene:
    """Rigid motion: a brick wall with grain, which a hand-held camera looks at."""
    picture = Image.fromarray(_bricks(colour, seed))

    def scene(time: float) -> Frame:
        angle = math.radians(7.0 * math.sin(0.9 * time))
        zoom = 1.0 + 0.12 * math.sin(0.53 * time + 1.0)
        x = picture.width / 2 + 260.0 * math.sin(0.41 * time + 0.3)
        y = picture.height / 2 + 150.0 * math.sin(0.67 * time)
        cos, sin = zoom * math.cos(angle), zoom * math.sin(angle)
        left = x - cos * WIDTH / 2 + sin * HEIGHT / 2
        top = y - sin * WIDTH / 2 - cos * HEIGHT / 2
        moved = (cos, -sin, left, sin, cos, top)
        turned = picture.transform(
            (WIDTH, HEIGHT), Image.Transform.AFFINE, moved, Image.Resampling.BICUBIC
        )
        return np.asarray(turned)

    return scene


def _bricks(colour: tuple, seed: int) -> Frame:
    """Return a wall of 1440×960 pixels: bricks of 60×24, each of its own tone, with fine grain."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:960, 0:1440]
    row = y // 24
    shifted = x + 30 * (row % 2)
    column = shifted // 60
    tones = random.normal(0.0, 0.16, (41, 26, 1)) + random.normal(0.0, 0.04, (41, 26, 3))
    picture = np.array(colour) * (1.0 + tones[row, column])
    grain = random.normal(0.0, 1.0, (960, 1440, 1))
    blurred = (grain + np.roll(grain, 1, 0) + np.roll(grain, 1, 1) + np.roll(grain, 1, (0, 1))) / 4
    mortar = ((y % 24 < 3) | (shifted % 60 < 3))[..., np.newaxis]
    picture = np.where(mortar, 0.72, picture) * (1.0 + 0.22 * blurred)
    light = 0.8 + 0.35 * np.sin(x / 400.0) * np.sin(y / 300.0)
    return _frame(picture * light[..., np.newaxis])


def discs() -> Scene:
    """Flat things: coloured discs that swing before stripes."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    colours = ((0.92, 0.75, 0.16), (0.80, 0.20, 0.30), (0.16, 0.55, 0.62))

    def scene(time: float) -> Frame:
        stripes = 0.5 + 0.5 * np.sin((x + 0.5 * y) / 14.0 - 1.5 * time)
        picture = 0.15 + 0.3 * stripes[..., np.newaxis] * np.array([0.9, 0.8, 1.0])
        for index, colour in enumerate(colours):
            middle_x = WIDTH * (0.5 + 0.33 * math.sin((0.7 + 0.2 * index) * time + 2.1 * index))
            middle_y = HEIGHT * (0.5 + 0.28 * math.cos((1.1 - 0.2 * index) * time + index))
            away = np.hypot(x - middle_x, y - middle_y) / 62.0
            shade = (1.1 - 0.5 * away)[..., np.newaxis] * np.array(colour)
            picture = np.where((away < 1.0)[..., np.newaxis], shade, picture)
        return _frame(picture)

    return scene


def cuts() -> Scene:
    """Hard cuts: three scenes in turn, a title card at the start and one in the middle."""
    scenes = (clouds(_DUSK, seed=11), wall(_GREEN, seed=13), discs())
    card = _title_card("A TITLE CARD")
    shot_seconds = 0.8

    def scene(time: float) -> Frame:
        if time < 0.8 or 5.6 <= time < 6.4:
            return card
        return scenes[int(time / shot_seconds) % len(scenes)](time)

    return scene


def _title_card(text: str) -> Frame:
    card = Image.new("RGB", (WIDTH, HEIGHT), (12, 12, 14))
    font = ImageFont.load_default(48)
    ImageDraw.Draw(card).text(
        (WIDTH / 2, HEIGHT / 2), text, (235, 230, 220), font=font, anchor="mm"
    )
    return np.asarray(card)


def _smooth_step(values: Picture, low: float, high: float) -> Picture:
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _frame(picture: NDArray) -> Frame:
    return np.asarray((np.clip(picture, 0.0, 1.0) * 255.0).round(), np.uint8)


SCENES: dict[str, Callable[[], Scene]] = {"clouds": clouds, "wall": wall, "cuts": cuts}


if __name__ == "__main__":
    main()
