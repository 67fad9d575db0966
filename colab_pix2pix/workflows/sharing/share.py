"""What is shown to others of a training: a film of it, a sheet of pictures, a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ... import events, mounts, wording
from ...config import ShareConfig, Sides
from ...errors import DatasetError, ExportError, OptionError
from ...events import Note, OnEvent
from ...filenames import output_folder, safe_name, shown
from ...languages import N_, _
from ...litter import temp_folder
from ...mounts import require_apart
from ...options import checks_input
from ...project import Project, sample_step
from ...spacing import evenly_chosen
from ...storage.os_errors import translate_os_errors
from ...training.artifacts import newest_sample, read_sample, size_of_pictures, split_grid
from ..export import export, write_and_wait
from .film import write_film, write_fitting, write_frames
from .signed_sheet import Row, draw_sheet, find_font

#: What can be shared, by the suffix of its file.
SHARED = ("gif", "mp4", "png", "html")
MADE_WITH = "made with colab_pix2pix"
#: Weights of a network whose page is worth having as one file.
_MOST_WEIGHTS = 20_000_000
_BYTES = 1e6  # of a megabyte
_PICTURES = 4


@checks_input()
def share(
    run_dir: Project | Path | str,
    target: Path | str = "",
    config: ShareConfig | None = None,
    *,
    kinds: Sequence[str] = (),
    generation: str = "chosen",
    on_event: OnEvent = events.ignore,
) -> list[Path]:
    """Writes what is shown to others of a training, each with a title and a signature.

    A GIF and an MP4 of the training (its sample pictures, from the first step to the last), a PNG
    sheet (what the network sees, makes of it, and what was there, for the crops that were chosen
    for the samples, else for a few held-out ones), and the live page as one HTML file that opens
    with a double click. All appear when all are made.

    Args:
        run_dir: A run that has been saved at least once.
        target: The folder to write into, made where missing; "" stands for the run's `share`.
        config: The title, the signature, how large a file may be. None: as the project has it.
        kinds: Out of gif, mp4, png, html. (): all, but no page of a network so large that its file
            would take more than about 50 MB.
        generation: Whose pictures and whose page: "chosen" (by eye; else the last), "last", "best",
            or a number.
        on_event: Told a `Note` for each file, and for what can't be made.

    Returns:
        The files.

    Raises:
        OptionError: a kind is unknown, nothing can be written at the target, it is a folder of the
            run's own, or no file fits into so few megabytes.
        CheckpointError: the run has nothing saved, or not this generation.
        ExportError: nothing that was asked for can be made: samples and crops are lost.
        DriveError: Google Drive has no room for it, or has not confirmed it after an hour.

    Example:
        >>> share("runs/flowers", "flowers-to-show", kinds=["gif", "png"])  # doctest: +SKIP
    """
    from ...model.trained import find_state

    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    mounts.require_answer(project.path, Path(target), on_event=on_event)
    if unknown := [kind for kind in kinds if kind not in SHARED]:
        raise OptionError(
            _("{name}: received {value}.", name="kinds", value=shown(unknown[0])),
            why=_("Expected some of {names}.", names=", ".join(SHARED)),
        )
    folder = output_folder(target, SHARED) if str(target) not in ("", ".") else project.shared
    require_apart(folder, project.path, besides=project.shared)
    state = find_state(project, generation, on_event=on_event)
    with temp_folder() as temp_dir, translate_os_errors(temp_dir):
        work = _Share(project, config or project.recall(ShareConfig), temp_dir, on_event)
        if not kinds or "gif" in kinds or "mp4" in kinds:
            work.films([kind for kind in ("gif", "mp4") if not kinds or kind in kinds])
        if not kinds or "png" in kinds:
            work.sheet(str(state.number))
        if not kinds or "html" in kinds:
            work.page(str(state.number), largest=None if kinds else _MOST_WEIGHTS)
        if not work.made:
            raise ExportError(
                _(
                    "Nothing of {path} can be shared: its samples and crops are lost.",
                    path=project.path,
                ),
                fix=_("Train a few epochs more: that makes them again."),
            )
        for path in work.made:
            size = wording.bytes_in_words(path.stat().st_size)
            on_event(Note(message=f"{path.name}: {size}"))
        with translate_os_errors(folder):
            write_and_wait(work.out, folder, on_event)
        return [folder / path.name for path in work.made]


class _Share:
    """Makes the files of one run in a folder.

    Attributes:
        made: The files, in the order of `SHARED`.
    """

    def __init__(
        self, project: Project, config: ShareConfig, temp_dir: Path, on_event: OnEvent
    ) -> None:
        self._project, self._temp_dir, self._on_event = project, temp_dir, on_event
        self._limit_bytes = config.megabytes * _BYTES
        self._title = config.title or project.path.resolve().name
        self._signature = " · ".join(filter(None, [config.signature, MADE_WITH]))
        self._font, complete = find_font(self._title + self._signature)
        if not complete:
            words = _("No font of this machine has all letters of the title and the signature.")
            self._on_event(Note(message=words, level="warning"))
        self.out = temp_dir / "out"
        self.out.mkdir()
        self.made: list[Path] = []

    def films(self, kinds: Sequence[str]) -> None:
        frames = self._temp_dir / "frames"
        frames.mkdir()
        if not write_frames(self._frames(), frames):
            self._lacks(N_("No {kinds}: the samples are lost."), kinds)
            return
        for kind in kinds:
            path = self._path(kind)
            write_film(frames, path, limit_bytes=self._limit_bytes)
            self.made.append(path)

    def sheet(self, generation: str) -> None:
        found = self._rows_of_model(generation) or self._rows_of_sample()
        if found is None:
            self._lacks(N_("No {kinds}: the crops and samples are lost."), ["png"])
            return
        image, path = self._draw(*found), self._path("png")

        def write(width: int) -> None:
            size = (width, round(image.height * width / image.width))
            image.resize(size, Image.Resampling.LANCZOS).save(path, optimize=True)

        self.made.append(write_fitting(path, write, image.width, self._limit_bytes))

    def page(self, generation: str, *, largest: int | None) -> None:
        from ...model.trained import load_trained

        if largest is not None:
            weights = load_trained(self._project, generation).generator.count_params()
            if weights > largest:
                message = _(
                    "No page is made, for a page as one file would take {size}: colab-pix2pix"
                    " export --format web writes it as a folder.",
                    size=wording.bytes_in_words(2.7 * weights),
                )
                self._on_event(Note(message=message))
                return
        folder = self._temp_dir / "page"
        export(
            self._project,
            folder,
            ["web"],
            generation=generation,
            single_file=True,
            title=self._title,
            signature=self._signature,
        )
        self.made.append((folder / "web.html").rename(self._path("html")))

    def _path(self, kind: str) -> Path:
        return self.out / f"{safe_name(self._title)}.{kind}"

    def _lacks(self, words: str, kinds: Sequence[str]) -> None:
        message = _(words, kinds=_(" and no ").join(kinds))
        self._on_event(Note(message=message, level="warning"))

    def _draw(self, rows: Sequence[Row], step: int) -> Image.Image:
        return draw_sheet(
            rows,
            title=self._title,
            signature=self._signature,
            remark=f"step {wording.count(step)}",
            font=self._font,
        )

    def _frames(self) -> Iterator[Image.Image]:
        """Gives a sheet for each sample; samples of another shape than the newest are left out."""
        newest = _newest_grid(self._project)
        for path in self._project.sample_files():
            grid = read_sample(path)
            if newest and grid is not None and grid.shape == newest[0].shape:
                yield self._draw(_rows_of(grid, size_of_pictures(path)), sample_step(path))

    def _rows_of_model(self, generation: str) -> tuple[list[Row], int] | None:
        """Returns held-out crops as the model makes them; None where the crops are lost."""
        from ...model.trained import load_trained
        from .. import held_out

        trained = load_trained(self._project, generation)
        from ...model import conditions  # TensorFlow is loaded by now

        try:
            pictures = held_out.pictures(self._project, trained.config, _PICTURES, chosen=True)
        except DatasetError as error:
            self._on_event(Note(message=error.what, level="warning"))
            return None
        input_image, _target_image = conditions.make_pair(
            conditions.encode_image(pictures), trained.config
        )
        made = conditions.decode_image(trained.generate(input_image)).numpy()
        inputs = conditions.decode_image(input_image).numpy()
        inputs = np.broadcast_to(inputs, (*inputs.shape[:-1], 3))
        rows = zip(inputs, made, pictures[..., :3], strict=True)
        return list(rows), trained.generation.step

    def _rows_of_sample(self) -> tuple[list[Row], int] | None:
        newest = _newest_grid(self._project)
        if newest is None:
            return None
        grid, step = newest
        return _rows_of(grid, size_of_pictures(self._project.sample_file(step))), step


def _newest_grid(project: Project) -> tuple[np.ndarray, int] | None:
    """Returns the newest sample that is whole, and its step."""
    path = newest_sample(project)
    grid = None if path is None else read_sample(path)
    return None if path is None or grid is None else (grid, sample_step(path))


def _rows_of(grid: np.ndarray, size: Sides) -> list[Row]:
    inputs, real, made = split_grid(grid, size)
    return evenly_chosen(list(zip(inputs, made, real, strict=True)), _PICTURES)
