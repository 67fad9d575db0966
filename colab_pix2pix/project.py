"""A project folder: its paths, its settings, its state.

`<root>/<name>/` holds `project.json`, `session.json`, `dataset.zip`, `choices.json`, `slot-a.npz`,
`slot-b.npz`, `samples/`, `metrics.csv` and `exports/`. A new session needs its name, nothing else.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import unicodedata
from pathlib import Path
from typing import Any, TypeVar

from . import files, mounts
from .config import public_sources
from .errors import OptionError, ProjectError
from .filenames import shown, typed_path
from .languages import _
from .options import Config, checks_input

FORMAT = 1
_MOST_LETTERS = 64
_MOST_BYTES = 200  # of 255 that a folder's name may have: some names have more before or after
AnyConfig = TypeVar("AnyConfig", bound=Config)


def check_name(name: str) -> str:
    """Returns a project's name if a folder can bear it on every system.

    Letters of all alphabets and emoji are fine.

    Raises:
        OptionError: it is empty, too long, or has characters such as `/` that lead elsewhere.
    """
    if isinstance(name, str) and _is_plain_name(name):
        return name
    raise OptionError(
        _("{name}: received {value}.", name="name", value=shown(name)),
        why=_(
            "Expected up to {n} letters, digits, emoji, spaces, '-', '_' or '.', a letter, a digit"
            " or an emoji first.",
            n=_MOST_LETTERS,
        ),
        fix=_("Choose a plain name such as 'flowers'."),
    )


def _is_plain_name(name: str) -> bool:
    words = [_kind(character) for character in name]
    if not words or len(name) > _MOST_LETTERS or len(name.encode(errors="replace")) > _MOST_BYTES:
        return False
    begins = words[0] == "word" and not unicodedata.category(name[0]).startswith("M")
    return begins and "" not in words and ".." not in name and name == name.strip(" .")


def _kind(character: str) -> str:
    """Returns whether a character may stand in a name: "word", "between" words, or "" for never."""
    if character in " .-":
        return "between"
    kind = unicodedata.category(character)
    # Marks belong to the letter before them, as in Hindi. Emoji may be newer than this Python.
    if (
        kind[0] in "LNM"
        or kind == "So"
        or character == "_"
        or "\U0001f000" <= character < "\U0001fb00"
    ):
        return "word"
    # What joins several emoji to one, and the letters of some flags.
    return "between" if character == "\u200d" or "\U000e0020" <= character <= "\U000e007f" else ""


@dataclasses.dataclass(frozen=True)
class Project:
    """A project folder. Making this object touches nothing; `remember` and training write to it.

    Args:
        path: The folder; it need not exist yet.
    """

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", typed_path(self.path, "project"))

    @classmethod
    def named(cls, name: str, root: Path | str) -> Project:
        """Returns the project called `name` in the folder `root`.

        Raises:
            OptionError: the name can't be a folder's.
        """
        return cls(typed_path(root, "root") / check_name(name))

    @property
    def settings_file(self) -> Path:
        return self.path / "project.json"

    @property
    def dataset_zip(self) -> Path:
        return self.path / "dataset.zip"

    @property
    def choices_file(self) -> Path:
        return self.path / "choices.json"

    @property
    def slots(self) -> tuple[Path, Path]:
        return self.path / "slot-a.npz", self.path / "slot-b.npz"

    def slot_beside(self, kept: Path) -> Path:
        """Returns the slot that may be overwritten: the one that is not to be kept."""
        return next(path for path in self.slots if path != kept)

    @property
    def earlier_choices_file(self) -> Path:
        return self.path / "choices-before.json"

    @property
    def session_file(self) -> Path:
        return self.path / "session.json"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    def sample_file(self, step: int) -> Path:
        """Returns where the sample grid of a step lies."""
        return self.samples / f"step-{step:08d}.jpg"

    def sample_files(self) -> list[Path]:
        """Returns the sample grids that are there, oldest first."""
        return sorted(path for path in self.samples.glob("step-*.jpg") if sample_step(path) >= 0)

    @property
    def metrics_csv(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def losses_png(self) -> Path:
        return self.path / "losses.png"

    @property
    def timelapse(self) -> Path:
        return self.path / "training.mp4"

    @property
    def exports(self) -> Path:
        return self.path / "exports"

    @property
    def shared(self) -> Path:
        return self.path / "share"

    @property
    def work(self) -> Path:
        """This machine's folder for copies that may vanish, never inside the project folder."""
        # Not `resolve`: it would ask the project's file system, and a mount may hang.
        key = hashlib.sha256(os.fsencode(mounts.locate(self.path).path)).hexdigest()[:16]
        return files.cache_dir() / "projects" / key

    @property
    def crops(self) -> Path:
        """Where the notebook keeps crops on this machine: a folder for each video."""
        return self.work / "crops"

    def settings(self) -> dict[str, Any]:
        """Returns what `project.json` holds, or {} when there is none.

        Where it is torn or missing, a copy answers: whoever writes a slot embeds one in it.

        A password or a key in a link, as an earlier version has stored it, is left out.

        Raises:
            ProjectError: the file is damaged and no slot can help, or it is from a newer version.
        """
        return _without_secrets(self._stored())

    def _stored(self) -> dict[str, Any]:
        try:
            content = _checked(self.settings_file)
        except FileNotFoundError:
            return self._copy_of_settings()
        except ProjectError:
            if known := self._copy_of_settings():
                return known
            if not self.settings_file.read_bytes().strip():
                return {}  # killed between making the file and writing it: nothing was in it
            raise
        if content.get("format") != FORMAT:
            raise ProjectError(
                _(
                    "{path} has the format {found}.",
                    path=self.settings_file,
                    found=repr(content.get("format")),
                ),
                why=_("Expected {what}.", what=FORMAT),
                fix=_("It was made by another version of colab_pix2pix: upgrade."),
            )
        return content

    def _copy_of_settings(self) -> dict[str, Any]:
        return files.embedded_copy(self.slots, "settings")

    def recall(self, kind: type[AnyConfig]) -> AnyConfig:
        """Returns the stored options of one kind, or the defaults where none are stored."""
        return kind.from_dict(self.options_of(kind.section))

    def options_of(self, section: str) -> dict[str, Any]:
        """Returns the stored options of one kind by name; {} where none are stored.

        Raises:
            ProjectError: as `settings`; or there is something else in their place.
        """
        stored = self.settings().get(section, {})
        if not isinstance(stored, dict):
            raise files.damaged(
                self.settings_file, _("its {name} holds no options", name=repr(section))
            )
        return stored

    def remember(
        self, *configs: Config, run_id: str = "", safe_slots: tuple[str, ...] = ()
    ) -> None:
        """Stores options, the id of the run and the slots in use in `project.json`, in place.

        Args:
            configs: Options to store.
            run_id: The id of the run, once there is one.
            safe_slots: Names of slots that have held a confirmed state: from now on it is an error
                when one of them is missing.
        """
        changes: dict[str, Any] = {config.section: config.to_dict() for config in configs}
        if run_id:
            changes["run_id"] = run_id
        stored = self._stored()
        before = _without_secrets(stored)
        if safe_slots:
            changes["safe_slots"] = sorted({*before.get("safe_slots", ()), *safe_slots})
        content = {"format": FORMAT, "name": mounts.locate(self.path).path.name} | before
        if content | changes == content | stored and self.settings_file.exists():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        files.overwrite_json_in_place(self.settings_file, content | changes)


def _without_secrets(settings: dict[str, Any]) -> dict[str, Any]:
    video = settings.get("video")
    if not isinstance(video, dict) or not isinstance(video.get("source"), str):
        return settings
    return settings | {"video": video | {"source": public_sources(video["source"])}}


def _checked(path: Path) -> dict[str, Any]:
    """Returns what a `project.json` holds; raises ProjectError where that can't have been us."""
    content = files.read_json(path)
    kinds = {"run_id": str, "name": str, "safe_slots": list}
    known = {name: kind for name, kind in kinds.items() if name in content}
    slots = content.get("safe_slots", [])
    if not files.has_types(content, format=int, **known) or not all(
        isinstance(name, str) for name in slots
    ):
        raise files.damaged(path, _("it holds something odd"))
    return content


def sample_step(path: Path) -> int:
    """Returns the step that a sample grid was drawn at; -1 for any other file.

    Example:
        >>> sample_step(Path("samples/step-00000120.jpg"))
        120
    """
    found = re.fullmatch(r"step-(\d+)\.jpg", path.name)
    return int(found[1]) if found else -1


@checks_input()
def projects(root: Path | str) -> list[Project]:
    """Returns the projects in a folder, the one used last first."""
    found = [Project(file.parent) for file in Path(root).glob("*/project.json")]
    return sorted(found, key=lambda p: p.settings_file.stat().st_mtime, reverse=True)
