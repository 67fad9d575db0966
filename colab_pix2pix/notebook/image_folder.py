"""Folders and zips of one's own pictures, where the notebook could also have a video."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ..config import PicturesConfig, VideoConfig
from ..dataset import image_sources
from ..dataset.manifest import Dataset
from ..download.download import is_link
from ..errors import DatasetError, DownloadError
from ..project import Project
from . import inline_images, style

_THUMBNAILS = 4
_SIDE = 120


def place_of(source: str | Path | None) -> Path | None:
    """Returns the folder or the zip of pictures that a source names, there or not.

    Args:
        source: What stands in the box for the video, or a path.

    Returns:
        None where it names a link, a video or nothing.

    Example:
        >>> place_of("drawings.zip").as_posix()
        'drawings.zip'
        >>> place_of("flowers.mp4"), place_of("https://example.org/all.zip"), place_of("")
        (None, None, None)
    """
    if not source or not _may_be_path(source):
        return None
    path = Path(source).expanduser()
    gone = not path.suffix and not path.exists()  # a folder of an earlier machine
    return path if path.is_dir() or path.suffix.lower() == ".zip" or gone else None


def pairs_of(project: Project | None) -> str:
    """Returns what the project's pictures are: "no", "AtoB" or "BtoA"."""
    if project is None or place_of(project.recall(VideoConfig).source) is None:
        return "no"
    return project.recall(PicturesConfig).pairs


def are_pairs(dataset: Dataset | None) -> bool:
    """Returns True for a dataset whose pictures have partners that the network gets."""
    return dataset is not None and any(crop.input_file for crop in dataset.kept)


def found_at(path: Path, pairs: str) -> list[image_sources.Pair]:
    """Returns the pictures, or the pairs, of a folder or a zip.

    Raises:
        DatasetError: there are none, or they are not what `pairs` says.
    """
    if pairs != "no":
        return image_sources.pairs_in(path)
    if image_sources.folders_a_and_b(path):
        raise DatasetError(
            f"{path} holds two folders, A and B.",
            why="Those are pairs of pictures.",
            fix="Choose in the form which one is made from the other.",
        )
    return [(picture,) for picture in image_sources.pictures_in(path)]


def complaint(source: str, pairs: str) -> str:
    """Returns in a few words why a path can't be used; "" where it can, and for a link."""
    if not source or not _may_be_path(source):
        return ""
    path = Path(source).expanduser()
    if not path.exists():
        return "There is no such file or folder on this machine."
    try:
        if place_of(path):
            found_at(path, pairs)
    except DatasetError as error:
        return f"{error.what} {error.fix}".replace(str(path), path.name)
    return ""


def _may_be_path(source: str | Path) -> bool:
    try:
        return not is_link(str(source))
    except DownloadError:  # ftp: and such are refused where they are opened
        return False


def described(path: Path, pairs: str) -> str:
    """Returns HTML with the number of pictures and the first of them.

    Raises:
        DatasetError: there are none, or one can't be read.
    """
    found = found_at(path, pairs)
    what = "pictures" if pairs == "no" else "pairs"
    strip = Image.new("RGB", (_THUMBNAILS * (_SIDE + 4) - 4, _SIDE), (128, 128, 128))
    shown = [picture for pair in found[:_THUMBNAILS] for picture in pair][:_THUMBNAILS]
    for place, picture in enumerate(shown):
        small = picture.image()
        small.thumbnail((_SIDE, _SIDE))
        strip.paste(small, (place * (_SIDE + 4), (_SIDE - small.height) // 2))
    image = f'<img alt="the first of them" src="{inline_images.data_address(strip)}">'
    return style.line(path.name, "text") + style.facts({what.capitalize(): len(found)}) + image
