"""A dataset folder: its crops, what is known of each, and which are kept.

`manifest.json` lies beside the crops. `dataset/` writes it, `training/` reads it. A folder of
images without one is a dataset too: `read` then makes up an entry for each image.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..errors import DatasetError, ProjectError
from ..filenames import IMAGE_KINDS, is_plain_name, packed_name, public_link
from ..files import has_types, read_json, write_json
from ..languages import _

FORMAT = 1
#: In `Dataset.sources`: True where `Crop.split` is what the folders of the pictures say.
READY_MADE_SPLIT = "ready_made_split"
_writing = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Crop:
    """One image of a dataset.

    Attributes:
        file: Its name within the dataset folder; "a/b.jpg" in a sub-folder of loose images.
        source: Key of the video in `Dataset.sources`, or "" for a loose image.
        time: Seconds from the start of the video.
        side: Which crop box of the frame: "left", "right", "top", "centre", "grid01", "own", ...
        box: Left, top, width and height in pixels of the video's frame as it is shown.
        marks: What is wrong with its quality: "dark", "blurred", "title-card", "duplicate".
        choice: "keep" or "reject" when a person decided; "" leaves it to the marks.
        split: "train" or "test".
        input_file: For paired data, the image that the network gets; "" makes it from the crop.
        scene: Which scene of its video, from 0: the manifest tells of the others only.
    """

    file: str
    source: str = ""
    time: float = 0.0
    side: str = ""
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    marks: tuple[str, ...] = ()
    choice: Literal["", "keep", "reject"] = ""
    split: Literal["train", "test"] = "train"
    input_file: str = ""
    scene: int = 0

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its image files within the dataset folder: one, or two for paired data."""
        return (self.file, self.input_file) if self.input_file else (self.file,)

    @property
    def kept(self) -> bool:
        """True when the crop is trained on or tested on."""
        return self.choice == "keep" or (not self.choice and not self.marks)


@dataclass(frozen=True)
class Dataset:
    """A folder of crops.

    Attributes:
        directory: The folder.
        crops: All crops in the order of time, rejected ones too.
        sources: Metadata of each video by its key: link or file, title, sha256, options.
        revision: Counts the changes of the manifest: of two states, the higher is newer.
    """

    directory: Path
    crops: tuple[Crop, ...]
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    revision: int = field(default=0, compare=False)

    @property
    def kept(self) -> tuple[Crop, ...]:
        """The crops that are kept."""
        return tuple(crop for crop in self.crops if crop.kept)

    @property
    def sha256(self) -> str:
        """A hash of what is trained on: names, sizes and split of the kept crops and partners.

        Raises:
            DatasetError: an image is missing.
        """
        entries = []
        for crop in self.kept:
            # By the names that an archive has: what comes back from one is the same dataset.
            partner = [(packed_name(file), self._size(file)) for file in crop.files[1:]]
            entries.append([packed_name(crop.file), self._size(crop.file), crop.split, *partner])
        return hashlib.sha256(json.dumps(entries).encode()).hexdigest()

    def _size(self, file: str) -> int:
        try:
            return (self.directory / file).stat().st_size
        except FileNotFoundError as error:
            raise DatasetError(
                _("{file} is missing.", file=self.directory / file),
                why=_("Expected all pictures that {at}/manifest.json keeps.", at=self.directory),
                fix=_("Put it back, or make the dataset again."),
            ) from error

    def replace(self, crops: tuple[Crop, ...]) -> Dataset:
        """Returns the same dataset with other crops."""
        return dataclasses.replace(self, crops=crops)


def write(dataset: Dataset) -> Path:
    """Writes `manifest.json` into the dataset's folder, whole or not at all; returns its path."""
    path = dataset.directory / "manifest.json"
    write_json(path, to_dict(dataset))
    return path


def to_dict(dataset: Dataset) -> dict[str, Any]:
    """Returns what `manifest.json` holds of a dataset: of links only what is public."""
    sources = {key: _with_public_links(source) for key, source in dataset.sources.items()}
    entries = (dataclasses.asdict(crop) | {"kept": crop.kept} for crop in dataset.crops)
    crops = [{k: v for k, v in entry.items() if v or k != "scene"} for entry in entries]
    revision = {"revision": dataset.revision} if dataset.revision else {}  # younger than the format
    return {"format": FORMAT, **revision, "sources": sources, "crops": crops}


def update(dataset: Dataset, change: Callable[[Crop], Crop]) -> Dataset:
    """Changes crops and writes the manifest; returns the dataset as it is then.

    Args:
        dataset: The crops. Where the folder has a newer state, that is changed: what was decided,
            or cut, since this object was read stays.
        change: Gives for each crop what it is from now on.
    """
    with _writing:
        before = _stored(dataset)
        if before is not None and before.revision > dataset.revision:
            dataset = before
        crops = tuple(change(crop) for crop in dataset.crops)
        if before is not None and (before.crops, before.sources) == (crops, dataset.sources):
            return before
        dataset = dataclasses.replace(dataset, crops=crops, revision=dataset.revision + 1)
        write(dataset)
        return dataset


def newest(dataset: Dataset) -> Dataset:
    """Returns the dataset as its folder has it where that is newer than the object.

    An object with some of the folder's crops was made by hand, and keeps to those and its split;
    one with crops that the folder does not have any more is out of date: all of the folder's count.
    """
    stored = _stored(dataset)
    if stored is None or stored.revision <= dataset.revision:
        return dataset
    by_file = {crop.file: crop for crop in stored.crops}
    files = [crop.file for crop in dataset.crops]
    if files == list(by_file) or not set(files) <= set(by_file):
        return stored
    by_hand = (dataclasses.replace(by_file[crop.file], split=crop.split) for crop in dataset.crops)
    return dataset.replace(tuple(by_hand))


def _stored(dataset: Dataset) -> Dataset | None:
    return read(dataset.directory) if (dataset.directory / "manifest.json").exists() else None


def _with_public_links(source: dict[str, Any]) -> dict[str, Any]:
    links = {name: source[name] for name in ("link", "page") if isinstance(source.get(name), str)}
    return source | {name: public_link(link) for name, link in links.items()}


def read(directory: Path | str) -> Dataset:
    """Returns the dataset of a folder.

    Raises:
        DatasetError: there is no such folder, no picture in it, or its manifest is damaged.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise _no_dataset(directory, _("there is no such folder"))
    is_made = (directory / "manifest.json").exists()
    dataset = _from_manifest(directory) if is_made else Dataset(directory, _loose(directory))
    if not dataset.crops:
        raise _no_dataset(directory, _("there are no pictures in it"))
    return dataset


def check(dataset: Dataset) -> None:
    """Refuses a dataset whose manifest, once written, `read` would refuse.

    Raises:
        DatasetError: it has no crops, a file leaves the folder, or a value makes no sense.
    """
    if not dataset.crops:
        raise _no_dataset(dataset.directory, _("there are no pictures in it"))
    try:
        list(map(_checked, dataset.crops))
    except (AttributeError, TypeError, ValueError) as error:
        raise DatasetError(
            _("The crops of {path} can't be kept: {why}.", path=dataset.directory, why=_why(error)),
            why=_("Expected entries as `colab_pix2pix` makes them."),
        ) from error


def read_all(folder: Path) -> list[Dataset]:
    """Returns the datasets whose folders lie in a folder, without those that are not finished.

    Raises:
        DatasetError: as `read`.
    """
    return [read(file.parent) for file in sorted(folder.glob("[!.]*/manifest.json"))]


def _loose(directory: Path) -> tuple[Crop, ...]:
    """Returns an entry for each picture in a folder; folders such as train and test are a split."""
    from .own_images.pair_layouts import split_of_each  # Pillow takes its time

    return tuple(Crop(file=file, split=split) for file, split in split_of_each(directory).items())


def _from_manifest(directory: Path) -> Dataset:
    try:
        return from_dict(read_json(directory / "manifest.json"), directory)
    except ProjectError as error:
        raise _damaged(directory, str(error)) from error


def from_dict(content: dict[str, Any], directory: Path) -> Dataset:
    """Returns the dataset that the content of a `manifest.json` describes.

    Args:
        content: What `to_dict` has returned once.
        directory: Where its crops lie.

    Raises:
        DatasetError: it is damaged, or of another format.
    """
    if (found := content.get("format")) != FORMAT:
        raise DatasetError(
            _("{path} has the format {found!r}.", path=f"{directory}/manifest.json", found=found),
            why=_("Expected {what}.", what=FORMAT),
            fix=_(
                "It was made by another version of colab_pix2pix: upgrade, or cut the crops again."
            ),
        )
    if not has_types({"revision": 0} | content, revision=int, sources=dict):
        raise _damaged(directory, _("its revision is no number, or its sources are no object"))
    try:
        crops = tuple(_crop(entry) for entry in content["crops"])
        return Dataset(directory, crops, dict(content["sources"]), content.get("revision", 0))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(directory, _why(error)) from error


def _why(error: Exception) -> str:
    """Returns in words what is wrong with the entries of a manifest."""
    if isinstance(error, KeyError):
        return _("an entry has no {name}", name=error)
    return str(error) if type(error) is ValueError else _("its crops are no list of entries")


def _damaged(directory: Path, why: str) -> DatasetError:
    return DatasetError(
        _("{path} is damaged: {why}.", path=f"{directory}/manifest.json", why=why),
        fix=_("Cut the crops again, or restore the file."),
    )


def _crop(entry: dict[str, Any]) -> Crop:
    entry = {"input_file": "", "scene": 0} | entry  # younger than the format
    values: dict[str, Any] = {f.name: entry[f.name] for f in dataclasses.fields(Crop)}
    return _checked(Crop(**values | {name: tuple(values[name]) for name in ("box", "marks")}))


def _checked(crop: Crop) -> Crop:
    """Returns a crop; raises ValueError for values that would only fail later."""
    valid = isinstance(crop.time, int | float) and isinstance(crop.source, str)
    valid = valid and all(isinstance(text, str) for text in (*crop.marks, *crop.files, crop.side))
    valid = valid and [type(n) for n in (*crop.box, crop.scene)] == [int] * 5 and crop.scene >= 0
    if not (valid and crop.choice in ("", "keep", "reject") and crop.split in ("train", "test")):
        raise ValueError(_("what it says of {file} makes no sense", file=repr(crop.file)))
    if outside := [file for file in crop.files if not is_plain_name(file)]:
        raise ValueError(_("the file {file} leaves the folder", file=repr(outside[0])))
    return crop


def _no_dataset(directory: Path, why: str) -> DatasetError:
    return DatasetError(
        _("{path} is no dataset: {why}.", path=directory, why=why),
        why=_("Expected a folder with pictures, such as {kinds}.", kinds=_(IMAGE_KINDS)),
        fix=_("Make one with `colab-pix2pix frames VIDEO DIR`."),
    )
