"""How pairs and ready-made splits lie in folders: recognised by names, or refused."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from ...errors import DatasetError
from ...images import list_folder
from ...languages import N_, _
from .image_sources import ImageFile, images_sha256

#: An image that holds both halves, or an image and its partner.
ImagePair = tuple[ImageFile, ...]

_TRAIN = r"train|training|trn"
_HELD_OUT = r"val|valid|validation|test|testing|tst|eval"
_FOLDER = re.compile(rf"(?:(?P<split>{_TRAIN}|{_HELD_OUT})(?:[ _-]?(?P<one>[ab]))?|(?P<two>[ab]))")
_STEM = re.compile(r"(?P<rest>.+)[ _-](?P<side>[abAB])")
_WIDTH_FOR_HEIGHT = (1.8, 2.25)  # of pictures that hold two squares
_LAYOUTS = N_(
    "Expected two folders A and B (or trainA and trainB, or A/train and B/train) with files of the"
    " same names, or 1_A.png beside 1_B.png, or pictures that hold both, twice as wide as high."
)
_MOST_NAMED = 5


@dataclass(frozen=True)
class _Place:
    """What the names of an image's folders and of itself say: "a", "b" or "" each, and a key."""

    side: str
    split: str
    key: tuple[str, ...]
    side_by_stem: str
    key_by_stem: tuple[str, ...]


def find_pairs(
    path: Path, images: Sequence[ImageFile], *, side_by_side: bool = False
) -> list[ImagePair]:
    """Returns the pairs of a folder or a zip, by its layout.

    Args:
        path: The folder, or the zip.
        images: What `find_images` has found there.
        side_by_side: True takes each picture for a pair, whatever its shape and its folder.

    Raises:
        DatasetError: an image has no partner; or the layout is none of those that are known.
    """
    if side_by_side:
        return [(image,) for image in images]
    places = [_place(image.relative) for image in images]
    if _has_both(places, lambda place: place.side):
        if loose := [i for i, p in zip(images, places, strict=True) if not p.side]:
            raise _unknown(path, images, _("{name} lies in none of them", name=loose[0].relative))
        a, b = _by_side(images, [place.side for place in places])
        return match_pairs(a, b, (path / "A", path / "B"))
    stems = [place.side_by_stem for place in places]
    if all(stems) and set(stems) == {"a", "b"}:
        a, b = _by_side(images, stems)
        return match_pairs(a, b, (f"{path}/…_A", f"{path}/…_B"))
    _require_wide(path, images)
    return [(image,) for image in images]


def holds_two_sides(images: Sequence[ImageFile]) -> bool:
    """Returns True for images in folders A and B, and nothing but them."""
    sides = [_place(image.relative).side for image in images]
    return all(sides) and len(set(sides)) == 2


def match_pairs(
    first: Sequence[ImageFile], second: Sequence[ImageFile], folders: tuple[Path | str, Path | str]
) -> list[ImagePair]:
    """Returns images with those of the same name; `1_A` and `1_B` are one name, too.

    Raises:
        DatasetError: one has no partner.
    """
    keys: tuple[Callable[[_Place], tuple[str, ...]], ...] = (
        lambda place: (place.split, *place.key),
        lambda place: (place.split, *place.key_by_stem),
    )
    for key in keys:
        a, b = (
            {key(_place(image.relative)): image for image in images} for images in (first, second)
        )
        if set(a) == set(b) and len(a) == len(first) and len(b) == len(second):
            return [(a[name], b[name]) for name in sorted(a)]
    a, b = (
        {keys[0](_place(image.relative)): image for image in images} for images in (first, second)
    )
    alone = sorted({*a, *b} - ({*a} & {*b}))
    named = ", ".join("/".join(filter(None, name)) for name in alone[:_MOST_NAMED])
    words = N_("{first} and {second} do not match: {named}.")
    if len(alone) > _MOST_NAMED:
        words = N_("{first} and {second} do not match: {named} and {n} more.")
    raise DatasetError(
        _(
            words,
            first=folders[0],
            second=folders[1],
            named=named or _("a name twice"),
            n=len(alone) - _MOST_NAMED,
        ),
        why=_("Expected a file of the same name in both."),
        fix=_("Add the missing ones, or remove the others."),
    )


def pairs_sha256(pairs: Sequence[ImagePair]) -> str:
    """Returns a hash of names and contents, first of all first images, then of their partners."""
    return images_sha256(
        [pair[0] for pair in pairs] + [pair[1] for pair in pairs if len(pair) == 2]
    )


def ready_made_splits(relatives: Sequence[PurePosixPath]) -> list[Literal["train", "test"]]:
    """Returns for each image, by its path, on which side of a ready-made split it lies.

    What lies in a folder such as val or test is held out, all else is for training.

    Returns:
        One for each; an empty list where the folders make no split.
    """
    splits = [_place(relative).split for relative in relatives]
    if set(splits) <= {"", "train"} or set(splits) == {"test"}:
        return []
    return ["test" if split == "test" else "train" for split in splits]


def split_of_each(directory: Path) -> dict[str, Literal["train", "test"]]:
    """Returns for each picture of a folder, by its path in it, on which side of a split it lies.

    All are for training where folders such as train and test make none.
    """
    files = list_folder(directory).files
    names = [PurePosixPath(file.relative_to(directory).as_posix()) for file in files]
    splits = ready_made_splits(names) or ["train"] * len(names)
    return {str(name): split for name, split in zip(names, splits, strict=True)}


def _place(relative: PurePosixPath) -> _Place:
    side, split, key = "", "", []
    for folder in relative.parts[:-1]:
        known = _FOLDER.fullmatch(folder.lower())
        if known is None:
            key.append(unicodedata.normalize("NFC", folder))
            continue
        side = known["one"] or known["two"] or side
        if known["split"]:
            split = "train" if re.fullmatch(_TRAIN, known["split"]) else known["split"]
    # macOS writes an accent as a letter of its own, others do not.
    stem = unicodedata.normalize("NFC", relative.stem)
    named = _STEM.fullmatch(stem)
    by_stem = (named["side"].lower(), named["rest"]) if named else ("", stem)
    held_out = "test" if split and split != "train" else split
    return _Place(side, held_out, (*key, stem), by_stem[0], (*key, by_stem[1]))


def _has_both(places: Sequence[_Place], side: Callable[[_Place], str]) -> bool:
    return {"a", "b"} <= {side(place) for place in places}


def _by_side(
    images: Sequence[ImageFile], sides: Sequence[str]
) -> tuple[list[ImageFile], list[ImageFile]]:
    a, b = ([i for i, side in zip(images, sides, strict=True) if side == s] for s in "ab")
    return a, b


def _require_wide(path: Path, images: Sequence[ImageFile]) -> None:
    """Raises where pictures do not look like two squares side by side."""
    others = []
    for image in images:
        try:
            width, height = image.size()
        except DatasetError:  # left out when its turn comes
            continue
        if not _WIDTH_FOR_HEIGHT[0] <= width / height <= _WIDTH_FOR_HEIGHT[1]:
            others.append((image.relative, f"{width}×{height}"))
    if others:
        why = _(
            "{n} of {count} pictures are not twice as wide as high: {name} is {size}",
            n=len(others),
            count=len(images),
            name=others[0][0],
            size=others[0][1],
        )
        raise _unknown(path, images, why)


def _unknown(path: Path, images: Sequence[ImageFile], why: str) -> DatasetError:
    folders = Counter(str(image.relative.parent) for image in images)
    seen = [
        _("{n} in {name}", n=count, name=name)
        for name, count in list(folders.items())[:_MOST_NAMED]
    ]
    if len(folders) > _MOST_NAMED:
        seen.append(_("and {n} more folders", n=len(folders) - _MOST_NAMED))
    words = N_("{path} holds {n} pictures ({where}) in no known layout of pairs: {why}.")
    if set(folders) == {"."}:
        words = N_("{path} holds {n} pictures in no known layout of pairs: {why}.")
    return DatasetError(
        _(words, path=path, n=len(images), where=", ".join(seen), why=why),
        why=_(_LAYOUTS),
        fix=_(
            "Give two folders, A and B: `import --pairs A B DIR`; or add"
            " --side-by-side where each picture is a pair all the same."
        ),
    )
