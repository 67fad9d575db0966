"""Image files where they lie: in a folder or a zip, loose or in two folders A and B."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..errors import DatasetError
from ..filenames import IMAGE_SUFFIXES, is_device
from ..images import open_image, unreadable_image, upright_rgb

_LARGEST_BYTES = 256 << 20


@dataclass(frozen=True)
class ImageFile:
    """An image file: in a folder, or in a zip when `member` is not ""."""

    path: Path
    member: str = ""

    @property
    def file(self) -> Path:
        """Its name, within the zip where it is in one."""
        return Path(self.member or self.path)

    def content(self) -> bytes:
        """Returns the bytes of the file."""
        if not self.member:
            return self.path.read_bytes()
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(self.member)

    def image(self) -> Image.Image:
        """Returns the image as a viewer shows it: turned as its EXIF data says, RGB.

        Raises:
            DatasetError: it can't be read.
        """
        name = self.path / self.member
        try:
            content = io.BytesIO(self.content())
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise unreadable_image(name, error) from error
        with open_image(content, name) as image:
            return upright_rgb(image)


#: An image that holds both halves, or an image and its partner.
ImagePair = tuple[ImageFile, ...]


def find_images(path: Path) -> list[ImageFile]:
    """Returns the images of a folder or a zip, by name. Nothing of a zip is written anywhere.

    Raises:
        DatasetError: there is nothing at the path, or no image in it.
    """
    return _sorted(_all_in(path), path)


def find_pairs(path: Path) -> list[ImagePair]:
    """Returns the pairs of a folder or a zip: of its folders A and B, else side by side.

    Raises:
        DatasetError: as `find_images`; or an image in A has no partner in B.
    """
    if folders := find_a_and_b(path):
        return match_pairs(folders[0], folders[1], (path / "A", path / "B"))
    return [(image,) for image in find_images(path)]


def find_a_and_b(path: Path) -> tuple[list[ImageFile], list[ImageFile]] | None:
    """Returns the images of the folders A and B; None where there are no two such folders.

    Loose images beside them, or a folder with images more in a zip, say that A and B mean
    something else.

    Raises:
        DatasetError: there is nothing at the path.
    """
    found: dict[str, list[ImageFile]] = {}
    for image in _all_in(path):
        folder = image.file.parent.name if image.member else ""
        found.setdefault(folder.lower(), []).append(image)
    for entry in path.iterdir() if path.is_dir() else ():
        if entry.is_dir() and entry.name.lower() in ("a", "b"):
            found[entry.name.lower()] = _all_in(entry)
    if set(found) != {"a", "b"}:
        return None
    return _sorted(found["a"], path), _sorted(found["b"], path)


def match_pairs(
    first: Sequence[ImageFile], second: Sequence[ImageFile], folders: tuple[Path | str, Path | str]
) -> list[ImagePair]:
    """Returns images with those of the same name.

    Raises:
        DatasetError: one has no partner.
    """
    stems = {image.file.stem for image in first} ^ {image.file.stem for image in second}
    if stems or len(first) != len(second):
        raise DatasetError(
            f"{folders[0]} and {folders[1]} do not match: {min(stems, default='a name twice')}.",
            why="Expected a file of the same name in both.",
            fix="Add the missing ones, or remove the others.",
        )
    in_order = (sorted(images, key=lambda i: i.file.stem) for images in (first, second))
    return list(zip(*in_order, strict=True))


def pairs_sha256(pairs: Sequence[ImagePair]) -> str:
    """Returns a hash of names and contents, first of all first images, then of their partners."""
    whole = hashlib.sha256()
    for image in [pair[0] for pair in pairs] + [pair[1] for pair in pairs if len(pair) == 2]:
        content = hashlib.sha256(image.content()).digest()
        whole.update(image.file.stem.encode() + b"\0" + content)
    return whole.hexdigest()


def _all_in(path: Path) -> list[ImageFile]:
    try:
        if path.is_dir():
            loose = (ImageFile(f) for f in path.iterdir() if f.suffix.lower() in IMAGE_SUFFIXES)
            return [image for image in loose if image.file.name[0] != "."]
        return [image for image in _members(path) if image.file.name[0] != "."]
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise _unreadable(path, error) from error


def _sorted(images: list[ImageFile], path: Path) -> list[ImageFile]:
    if not images:
        raise DatasetError(
            f"There are no pictures in {path}.",
            why=f"Expected files that end in {', '.join(IMAGE_SUFFIXES)}.",
            fix="Choose another folder.",
        )
    return sorted(images, key=lambda image: image.member or image.path.name)


def _members(path: Path) -> Iterator[ImageFile]:
    if is_device(path):
        raise DatasetError(f"{path} is a device.", why="Expected a folder or a zip.")
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            hidden = "__MACOSX" in info.filename
            if Path(info.filename).suffix.lower() not in IMAGE_SUFFIXES or hidden:
                continue
            if info.file_size > _LARGEST_BYTES:
                raise DatasetError(f"{path}: {info.filename!r} holds {info.file_size:,} bytes.")
            yield ImageFile(path, info.filename)


def _unreadable(path: Path, error: Exception) -> DatasetError:
    reason = getattr(error, "strerror", None) or error
    return DatasetError(f"{path} is neither a folder nor a zip: {reason}.", fix="Check its path.")
