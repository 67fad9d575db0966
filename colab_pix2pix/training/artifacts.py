"""What training leaves to look at: sample grids, their time-lapse, the curves and the numbers."""

from __future__ import annotations

import csv
import dataclasses
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .. import wording
from ..config import Sides, Size, sides
from ..errors import DatasetError
from ..events import METRICS_COLUMNS, Metrics, unpack_history
from ..files import atomic_write
from ..images import read_image
from ..project import Project, sample_step
from ..video.encode import encode_video

GRID_PICTURES = 6
_GAP = 4
_BACKGROUND = 24
_FRAMES_PER_SECOND = 8.0
_LAST_FRAME_REPEATS = 12


def sample_grid(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Returns one picture of several rows of pictures.

    Args:
        rows: uint8 `(count, height, width, 3 or 1)` each, all of one size.

    Returns:
        uint8 `(height, width, 3)` with even sides: a row a row, a gap between all.
    """
    count, height, width = rows[0].shape[:3]
    down, across = height + _GAP, width + _GAP
    grid = np.full((len(rows) * down + _GAP, count * across + _GAP, 3), _BACKGROUND, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            top, left = _GAP + y * down, _GAP + x * across
            grid[top : top + height, left : left + width] = picture
    return grid[: grid.shape[0] // 2 * 2, : grid.shape[1] // 2 * 2]


def split_grid(grid: np.ndarray, size: Size = 1) -> np.ndarray:
    """Returns the pictures of a grid of three rows, as `sample_grid` has put them together.

    Args:
        grid: As a training has written it.
        size: Of its pictures, or one of the same proportions.

    Returns:
        uint8 `(3, count, height, width, 3)`: inputs, real pictures, generated ones.
    """
    down = (grid.shape[0] - _GAP) // 3
    height, made = down - _GAP, sides(size)
    width = round(height * made.width / made.height)
    across = width + _GAP
    count = (grid.shape[1] - _GAP) // across
    tiled = grid[_GAP : _GAP + 3 * down, _GAP : _GAP + count * across]
    cells = tiled.reshape(3, down, count, across, 3)[:, :height, :, :width]
    return cells.transpose(0, 2, 1, 3, 4)


def sample_bytes(image_size: Size) -> int:
    """Returns about how much a sample grid takes, its share of the time-lapse included."""
    return 3 * GRID_PICTURES * math.prod(sides(image_size)) // 4


def write_sample(project: Project, step: int, grid: np.ndarray, size: Size = 1) -> Path:
    """Writes a sample grid as `samples/step-<step>.jpg` and returns its path.

    Args:
        project: The run.
        step: After which it was drawn.
        grid: As `sample_grid` has made it.
        size: Of its pictures: where they are no squares, the file says so in its comment.
    """
    project.samples.mkdir(parents=True, exist_ok=True)
    path, picture = project.sample_file(step), sides(size)
    comment = {} if picture.width == picture.height else {"comment": str(picture)}
    with atomic_write(path) as part:
        Image.fromarray(grid).save(part, quality=90, **comment)
    return path


def size_of_pictures(path: Path) -> Sides:
    """Returns the proportions of the pictures in a sample grid, as its file says; else of a square.

    Args:
        path: A file that `write_sample` has written, torn or not.
    """
    try:
        with Image.open(path, formats=["JPEG"]) as image:
            said = re.fullmatch(rb"(\d{1,4})x(\d{1,4})", image.info.get("comment", b""))
    except (OSError, SyntaxError):  # torn
        said = None
    return Sides(int(said[1]), int(said[2])) if said else Sides(1, 1)


def write_timelapse(project: Project, last_step: int) -> Path:
    """Writes `training.mp4`: the sample grids up to a step in order, the last one held for a while.

    Grids that are torn are left out; those of another shape (there were more crops) get borders.

    Raises:
        VideoError: there are no samples, or ffmpeg failed.
    """
    paths = [path for path in project.sample_files() if sample_step(path) <= last_step]
    grids = (grid for path in paths if (grid := read_sample(path)) is not None)
    frames = enumerate(_held(_of_one_shape(grids)))
    timed = ((number / _FRAMES_PER_SECOND, frame) for number, frame in frames)
    return encode_video(project.timelapse, timed)


def read_sample(path: Path) -> np.ndarray | None:
    """Returns a sample grid, uint8 RGB; None where it is missing or torn."""
    try:
        return np.asarray(read_image(path).image)
    except DatasetError:
        return None


def newest_sample(project: Project) -> Path | None:
    """Returns the newest sample grid that is whole; None where there is none."""
    paths = reversed(project.sample_files())
    return next((path for path in paths if read_sample(path) is not None), None)


def _of_one_shape(grids: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Gives grids as large as the first one: cut off, or with borders."""
    shape: tuple[int, ...] = ()
    for grid in grids:
        shape = shape or grid.shape
        frame = np.full(shape, _BACKGROUND, np.uint8)
        height, width = min(shape[0], grid.shape[0]), min(shape[1], grid.shape[1])
        frame[:height, :width] = grid[:height, :width]
        yield frame


def _held(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Gives frames, and the last one for a while."""
    last: list[np.ndarray] = []
    for frame in frames:
        yield frame
        last = [frame]
    yield from last * _LAST_FRAME_REPEATS


def write_metrics(project: Project, history: Sequence[Metrics]) -> Path:
    """Writes `metrics.csv`: a line for each Metrics event, whole or not at all."""
    with atomic_write(project.metrics_csv) as part:
        with open(part, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(METRICS_COLUMNS)
            writer.writerows(dataclasses.astuple(row) for row in history)
    return project.metrics_csv


def read_metrics(project: Project) -> list[Metrics]:
    """Returns what `write_metrics` wrote, without lines that are torn; [] where there is none.

    It is written again with every save, from the history that each state carries.
    """
    try:
        text = project.metrics_csv.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    header, *lines = text.split("\n")
    names = header.strip().split(",")
    if not set(names) <= set(METRICS_COLUMNS):
        return []
    rows: list[Metrics] = []
    for line in lines:
        values = dict(zip(names, line.strip().split(","), strict=False))
        row = [_number(name, values.get(name, "")) for name in METRICS_COLUMNS]
        try:
            (metrics,) = unpack_history([row])
        except ValueError:
            continue
        if not rows or metrics.step > rows[-1].step:
            rows.append(metrics)
    return rows


def _number(column: str, text: str) -> float | None:
    """Returns what stands in a cell of `metrics.csv`; None for nothing and for no number."""
    try:
        return int(text) if column in ("step", "epoch") else float(text)
    except ValueError:
        return None


def write_losses(project: Project, history: Sequence[Metrics]) -> Path:
    """Draws `losses.png`: the pixel difference on top, the two adversaries below, if there are."""
    from matplotlib.figure import Figure

    contest = [row for row in history if row.measured("discriminator_loss") is not None]
    figure = Figure(figsize=(8, 6 if contest else 3.2), layout="constrained")
    plots = figure.subplots(2 if contest else 1, 1, sharex=True, squeeze=False).ravel()
    above = plots[0]
    steps = [row.step for row in history]
    names = wording.LOSS_NAMES
    above.plot(steps, [row.generator_l1_loss for row in history], label="training crops", lw=1)
    held_out = [row for row in history if row.held_out_l1_loss is not None]
    above.plot(
        [row.step for row in held_out],
        [row.held_out_l1_loss for row in held_out],
        "o-",
        label="crops it has never seen",
        markersize=3,
    )
    above.set(ylabel=names["generator_l1_loss"], ylim=(0, None))
    for below in plots[1:]:
        for name in ("generator_gan_loss", "discriminator_loss"):
            values = [getattr(row, name) for row in contest]
            below.plot([row.step for row in contest], values, label=names[name], lw=1)
        below.set(ylabel="the contest of the two networks", ylim=(0, None))
    plots[-1].set(xlabel="step")
    for axes in plots:
        axes.legend()
        axes.grid(alpha=0.3)
    with atomic_write(project.losses_png) as part:
        figure.savefig(part, dpi=110)
    return project.losses_png
