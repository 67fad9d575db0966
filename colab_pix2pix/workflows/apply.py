"""A trained model on whatever there is: a picture, a folder of pictures, a video."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, PngImagePlugin

from .. import events, mounts
from ..config import MODES
from ..errors import DatasetError, OptionError
from ..events import Note, OnEvent, Progress
from ..filenames import IMAGE_SUFFIXES, output_file, shown
from ..files import atomic_write
from ..images import LeftOut
from ..languages import N_, _
from ..mounts import require_apart
from ..options import checks_input
from ..project import Project
from ..storage import transfer
from ..storage.os_errors import translate_os_errors
from ..training.devices.try_out import leave_out_doubtful
from ..video.encode import encode_video
from ..video.prefetch import prefetch
from ..video.probe import probe
from ..video.stream import Block, scaled_frames
from ..video.timeline import Timeline, read_timeline
from . import held_out
from .picture_reading import pairs_of, readable

if TYPE_CHECKING:
    from ..model.predictor import Predictor
    from ..model.trained import Trained

BLOCK = 8  # pictures that are generated together
_SMOOTHEST = 0.95
_MOVING_SUFFIXES = (".gif", ".apng", ".webp")  # of images that may be short videos
_AHEAD = 2 * BLOCK  # frames of a video that are made before they are written
_MADE_BY = "colab_pix2pix"  # the key of a note in the PNG files of a folder


@checks_input()
def apply(
    run_dir: Project | Path | str,
    source: Path | str,
    target: Path | str,
    *,
    whole: bool = False,
    mode: str = "auto",
    generation: str = "chosen",
    side_by_side: bool = False,
    smooth: float = 0.0,
    strict: bool = False,
    on_event: OnEvent = events.ignore,
) -> list[Path]:
    """Runs a trained model over pictures or over the frames of a video.

    What the network gets is made as in training (blurred grey, edges, ...); a model that has
    learned from pairs gets the picture as it is. A video keeps its sound, and each frame its time.
    A folder that was interrupted goes on: what this state of the model has already made of a
    picture is not made again.

    Args:
        run_dir: A run that has been saved at least once.
        source: A picture, a folder of pictures, or a video.
        target: The picture or `.mp4` to write, or a folder (see `output_file`), as where source is.
        whole: True takes whole pictures, scaled to the model's size at their shorter side; False
            their centres, cut to its proportions. Very long ones are made of overlapping tiles.
        mode: "inference"; "paper": as in the paper, with statistics of the picture itself and
            dropout; "auto": what is closer to the truth on held-out crops.
        generation: "chosen" (by eye; else the last), "last", "best", or a number.
        side_by_side: For a video: the frame on the left, what the model makes of it on the right.
        smooth: For a video: the share of the frame before that stays, 0 to 0.95, against flicker.
        strict: True stops at the first picture of a folder that can't be read. Else it is left out,
            and named in a note.
        on_event: Called with Progress events in pictures or frames, and a Note about the mode.

    Returns:
        The files written or found done, each whole or not at all.

    Raises:
        OptionError: an option is out of its range, nothing can be written at `target`, or that is,
            contains or lies in what is read. TensorFlow is not loaded for it.
        CheckpointError: the run has nothing saved yet, or not this generation.
        DatasetError: there is no picture at `source`, or none of them can be read.
        VideoError: the video can't be decoded.

    Example:
        >>> apply("runs/flowers", "street.mp4", "seen.mp4", smooth=0.5)  # doctest: +SKIP
    """
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    source = Path(source)
    if not 0 <= smooth <= _SMOOTHEST:
        why = _("Expected {low} to {high}.", low=0, high=_SMOOTHEST)
        raise OptionError(_("{name}: received {value}.", name="smooth", value=smooth), why=why)
    if mode not in ("auto", *MODES):
        why = _("Expected auto, {names}.", names=", ".join(MODES))
        raise OptionError(_("{name}: received {value}.", name="mode", value=shown(mode)), why=why)
    mounts.require_answer(source, Path(target), on_event=on_event)

    def load() -> Predictor:
        from ..model.trained import load_trained

        leave_out_doubtful(on_event)
        trained = load_trained(project, generation, on_event=on_event)
        from ..model.predictor import Predictor  # TensorFlow is loaded by now

        chosen = _best_mode(project, trained, on_event) if mode == "auto" else mode
        return Predictor(trained, chosen, whole=whole)

    # A GIF may be meant as what moves; where a picture is to be written, its first frame is taken.
    may_move = source.suffix.lower() in _MOVING_SUFFIXES and Path(target).suffix.lower() == ".mp4"
    moves = may_move or source.suffix.lower() not in IMAGE_SUFFIXES
    if source.is_file() and moves:
        return [_to_video(load, source, target, whole, side_by_side, smooth, on_event)]
    return _to_pictures(load, source, target, whole, strict, on_event)


def _best_mode(project: Project, trained: Trained, on_event: OnEvent) -> str:
    from ..model.inference_mode import select_inference_mode

    if not project.dataset_zip.exists():
        on_event(Note(message=_("Without held-out crops nobody can tell which mode is better.")))
        return "inference"
    crops = partial(held_out.pictures, project, trained.config)
    try:
        return select_inference_mode(trained, crops, project.work / "modes.json", on_event)
    except DatasetError as error:  # of the crops alone: the model is whole
        message = f"{_('Nobody can tell which mode is better.')} {error.what}"
        on_event(Note(message=message, level="warning"))
        return "inference"


def _to_video(
    load: Callable[[], Predictor],
    source: Path,
    target: Path | str,
    whole: bool,
    side_by_side: bool,
    smooth: float,
    on_event: OnEvent,
) -> Path:
    target = output_file(target, source.stem, (".mp4",), what=N_("the video"))
    require_apart(target, source)
    with transfer.brought_here(source, on_event) as video:
        info = probe(video)
        timeline = read_timeline(info)
        predictor = load()
        with (
            translate_os_errors(target.parent, why=N_("Nothing was written.")),
            transfer.written_here(target, on_event) as output,
            closing(scaled_frames(info, timeline, predictor.size, BLOCK, whole=whole)) as blocks,
        ):
            made = generate_frames(predictor, blocks, smooth=smooth, side_by_side=side_by_side)
            write_video(made, video, timeline, output, on_event=on_event)
    return target


def write_video(
    made: Generator[tuple[float, np.ndarray]],
    source: Path,
    timeline: Timeline,
    target: Path,
    *,
    on_event: OnEvent = events.ignore,
) -> Path:
    """Writes what was made of a video's frames, with its sound; generates ahead of the writing.

    Args:
        made: When each is shown, and uint8 RGB `(height, width, 3)`, one for each frame.
        source: The video.
        timeline: Its frames.
        target: The `.mp4` to write, whole or not at all.
        on_event: Called with Progress events in frames.
    """
    total = len(timeline.seconds)

    def counted(
        frames: Iterator[tuple[float, np.ndarray]],
    ) -> Iterator[tuple[float, np.ndarray]]:
        for done, frame in enumerate(frames, 1):
            yield frame
            if done % BLOCK == 0 or done == total:
                on_event(Progress(job="apply", done=done, total=total, unit="frames"))

    with closing(prefetch(made, _AHEAD, name="generating")) as frames:
        return encode_video(
            target,
            counted(frames),
            end_seconds=timeline.end_seconds,
            sound_of=(source, timeline),
        )


def generate_frames(
    generate: Callable[[np.ndarray], np.ndarray],
    blocks: Iterable[Block],
    *,
    smooth: float = 0.0,
    side_by_side: bool = False,
) -> Generator[tuple[float, np.ndarray]]:
    """Gives what a generator makes of the frames of a video, one after another.

    Args:
        generate: Pictures to pictures, such as `model.predictor.Predictor`.
        blocks: Frames in a row.
        smooth: The share of the frame before that stays, 0 to 0.95, against flicker.
        side_by_side: True puts the frame itself on the left.

    Returns:
        When each is shown, in seconds, and uint8 `(height, width, 3)` with even sides.
    """
    before: np.ndarray | None = None
    for block in blocks:
        generated = generate(block.pictures)
        for seconds, frame, made in zip(block.seconds, block.pictures, generated, strict=True):
            if smooth:
                now = made.astype(np.float32)
                before = now if before is None else smooth * before + (1.0 - smooth) * now
                made = np.rint(before).astype(np.uint8)
            made = made[: made.shape[0] // 2 * 2, : made.shape[1] // 2 * 2]  # as H.264 has it
            if side_by_side:
                height, width = made.shape[:2]
                seen = Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS)
                made = np.concatenate([np.asarray(seen), made], axis=1)
            yield float(seconds), made


def _to_pictures(
    load: Callable[[], Predictor],
    source: Path,
    target: Path | str,
    whole: bool,
    strict: bool,
    on_event: OnEvent,
) -> list[Path]:
    pairs = mounts.ask(source, lambda beat: pairs_of(source, target), on_event=on_event)
    require_apart(*((target, source) if source.is_dir() else reversed(pairs[0])))
    predictor = load()
    from ..images import read_centre, read_whole

    made_by = predictor.name
    ask = partial(mounts.ask, on_event=on_event)  # each file may be the first that hangs
    todo = list(pairs)
    if source.is_dir():
        todo = [pair for pair in pairs if not ask(pair[1], partial(_is_made, *pair, made_by))]
    done = len(pairs) - len(todo)
    if done:
        on_event(
            Note(message=_("{n} of {count} pictures were made before.", n=done, count=len(pairs)))
        )
    read = read_whole if whole else read_centre
    left_out = LeftOut(on_event, strict=strict or not source.is_dir())
    size = predictor.size
    reads = partial(read, size=size)
    for block in _blocks(readable(todo, lambda p: ask(p, lambda beat: reads(p)), left_out)):
        results = predictor(np.stack([picture for _task, picture in block]))
        for ((_source, path), _picture), result in zip(block, results, strict=True):
            ask(path, partial(_write, path, result, made_by))
            done += 1
            on_event(Progress(job="apply", done=done, total=len(pairs), unit="pictures"))
    left_out.tell(len(pairs) - len(left_out.reasons))
    return [path for picture, path in pairs if str(picture) not in left_out.reasons]


def _blocks(
    pictures: Iterable[tuple[tuple[Path, Path], np.ndarray]],
) -> Iterator[list[tuple[tuple[Path, Path], np.ndarray]]]:
    """Gives pictures in blocks of one shape each."""
    for _shape, alike in groupby(pictures, key=lambda item: item[1].shape):
        while block := list(islice(alike, BLOCK)):
            yield block


def _write(path: Path, picture: np.ndarray, made_by: str, beat: mounts.Beat) -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text(_MADE_BY, made_by)
    with translate_os_errors(path.parent, why=N_("What was written before is whole.")):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as part:
            Image.fromarray(picture).save(part, quality=95, pnginfo=note)


def _is_made(source: Path, result: Path, made_by: str, beat: mounts.Beat) -> bool:
    """Tells whether a result is there, of this state of the model, and newer than its source."""
    if result.exists() and not result.is_file():  # opening a pipe would wait for ever
        what = _("{path} is in the way: it is no file.", path=result)
        raise OptionError(what, fix=_("Take it away."))
    try:
        with Image.open(result) as picture:
            mine = picture.info.get(_MADE_BY) == made_by
    except (OSError, ValueError):  # missing or torn: made again
        return False
    return mine and result.stat().st_mtime >= source.stat().st_mtime
