"""Folders and zips of images, where the notebook could also have a video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from PIL import Image

from ..config import PicturesConfig, VideoConfig, parse_sources
from ..dataset.manifest import Dataset
from ..dataset.own_images import image_sources, pair_layouts
from ..downloader.download import is_link
from ..errors import DatasetError, DownloadError, OptionError
from ..filenames import typed_path
from ..languages import _
from ..project import Project
from . import inline_images, style

_THUMBNAILS = 4
_SIDE = 120
_GAP = 4


def folder_named_by(source: str | Path | None) -> Path | None:
    """Returns the folder or the zip of images that a source names, there or not.

    Args:
        source: What stands in the box for the video, or a path.

    Returns:
        None where it names a link, a video or nothing.

    Example:
        >>> folder_named_by("drawings.zip").as_posix()
        'drawings.zip'
        >>> [folder_named_by(s) for s in ("flowers.mp4", "https://example.org/all.zip", "")]
        [None, None, None]
    """
    try:
        if isinstance(source, str):
            (source,) = (one.text for one in parse_sources(source))
    except (OptionError, ValueError):  # of several, none is a folder of images
        return None
    if not source or not _may_be_path(source):
        return None
    try:
        path = typed_path(source, "source")
    except OptionError:  # said by who is asked what is wrong with it, or opens it
        return None
    gone = not path.suffix and not path.exists()  # a folder of an earlier machine
    return path if path.is_dir() or path.suffix.lower() == ".zip" or gone else None


def pairing_of(project: Project | None) -> str:
    """Returns what the project's images are: "no" pairs, "AtoB" or "BtoA"."""
    if project is None or folder_named_by(project.recall(VideoConfig).source) is None:
        return "no"
    return project.recall(PicturesConfig).pairs


def has_pairs(dataset: Dataset | None) -> bool:
    """Returns True for a dataset whose crops have partners that the network gets."""
    return dataset is not None and any(crop.input_file for crop in dataset.kept)


def images_in(path: Path, reading: PicturesConfig) -> list[pair_layouts.ImagePair]:
    """Returns the images of a folder or a zip, each alone or with its partner.

    Args:
        path: The folder or the zip.
        reading: What they are said to be.

    Raises:
        DatasetError: there are none, or they are not what is said.
    """
    found = image_sources.find_images(path)
    if reading.pairs != "no":
        return pair_layouts.find_pairs(path, found, side_by_side=reading.side_by_side)
    if pair_layouts.holds_two_sides(found):
        raise DatasetError(
            _("{path} holds two folders, A and B.", path=path),
            why=_("Those are pairs of pictures."),
            fix=_("Choose in the form which one is made from the other."),
        )
    return [(image,) for image in found]


def problem_with(source: str, reading: PicturesConfig) -> str:
    """Returns in a few words why a path can't be used; "" where it can, and for a link.

    Of several sources it is the first one that can't, with its name.
    """
    sources = [one.text for one in parse_sources(source)]
    if len(sources) > 1:
        problems = ((text, _problem_among_others(text)) for text in sources)
        return next((f"{text}: {problem}" for text, problem in problems if problem), "")
    source = sources[0] if sources else ""
    if not source or not _may_be_path(source):
        return ""
    try:
        path = typed_path(source, "source")
    except OptionError as error:
        return f"{error.what} {error.why}"
    if not path.exists():
        return _("There is no such file or folder on this machine.")
    try:
        if folder_named_by(path):
            images_in(path, reading)
    except DatasetError as error:
        return f"{error.what} {error.fix}".replace(str(path), path.name)
    return ""


def _problem_among_others(source: str) -> str:
    folder = folder_named_by(source)
    if folder is not None and folder.exists():
        return _("Pictures can't be taken together with videos: give their folder alone.")
    return problem_with(source, PicturesConfig())


def preview_html(path: Path, reading: PicturesConfig) -> str:
    """Returns the number of images in a folder or a zip, and the first of them that can be read.

    Raises:
        DatasetError: there are none, or they are not what is said.
    """
    pairs = images_in(path, reading)
    unit = _("Pictures") if reading.pairs == "no" else _("Pairs")
    first = list(islice(_readable(pairs), _THUMBNAILS))
    strip = Image.new("RGB", (_THUMBNAILS * (_SIDE + _GAP) - _GAP, _SIDE), (128, 128, 128))
    for index, thumbnail in enumerate(first):
        thumbnail.thumbnail((_SIDE, _SIDE))
        strip.paste(thumbnail, (index * (_SIDE + _GAP), (_SIDE - thumbnail.height) // 2))
    html = (
        f'<img alt="{style.escape(_("the first of them"))}" src="{inline_images.data_url(strip)}">'
    )
    return style.line(path.name, "text") + style.named_values({unit: len(pairs)}) + html


def first_image(path: Path) -> Image.Image:
    """Returns the first image of a folder or a zip that can be read.

    Raises:
        DatasetError: there is none.
    """
    for image in _readable([(image,) for image in image_sources.find_images(path)]):
        return image
    raise DatasetError(
        _("Not one picture in {path} can be read.", path=path), fix=_("Choose another folder.")
    )


def _readable(pairs: Sequence[pair_layouts.ImagePair]) -> Iterator[Image.Image]:
    for image in chain.from_iterable(pairs):
        try:
            yield image.read().image
        except DatasetError:  # it is left out of the dataset, too, and named there
            continue


def _may_be_path(source: str | Path) -> bool:
    try:
        return not is_link(str(source))
    except DownloadError:  # ftp: and such are refused where they are opened
        return False
