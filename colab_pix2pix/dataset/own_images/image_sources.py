"""Image files where they lie: in a folder or a zip, with all that is in its folders."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from ...errors import DatasetError
from ...filenames import IMAGE_KINDS, IMAGE_SUFFIXES
from ...files import BROKEN_ARCHIVE
from ...images import (
    LeftOut,
    ReadImage,
    Reading,
    image_size,
    is_device,
    is_litter,
    kind_of_file,
    list_folder,
    read_image,
    unreadable_image,
)
from ...languages import N_, _

_LARGEST_BYTES = 256 << 20
_DAMAGED_MEMBER = (OSError, *BROKEN_ARCHIVE)
_PACKINGS = {
    9: N_("Deflate64, as Windows packs what is large"),
    98: "PPMd",
    93: "Zstandard",
    95: "XZ",
}
_DOCUMENTS = {"[Content_Types].xml", "META-INF/manifest.xml", "META-INF/container.xml"}


@dataclass(frozen=True)
class ImageFile:
    """An image file: in a folder, or in a zip when `member` is not "".

    Attributes:
        path: The file, or the zip.
        relative: Its path within the folder or the zip that was named.
        member: Its name as the zip has it.
    """

    path: Path
    relative: PurePosixPath
    member: str = ""

    @property
    def name(self) -> str:
        """What to call it in a message."""
        return str(self.path / self.member)

    def content(self) -> bytes:
        """Returns the bytes of the file.

        Raises:
            DatasetError: it can't be read.
        """
        try:
            if not self.member:
                return self.path.read_bytes()
            return _archive(self.path, *_state(self.path)).read(self.member)
        except _DAMAGED_MEMBER as error:
            words = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise unreadable_image(self.name, str(words)) from error

    def read(self, reading: Reading = Reading()) -> ReadImage:
        """Returns the image as a viewer shows it.

        Raises:
            DatasetError: it can't be read.
        """
        return read_image(io.BytesIO(self.content()), Path(self.name), reading)

    def size(self) -> tuple[int, int]:
        """Returns width and height in pixels as a viewer shows it.

        Raises:
            DatasetError: it can't be read.
        """
        if not self.member:
            return image_size(self.path)
        try:
            with _archive(self.path, *_state(self.path)).open(self.member) as file:
                return image_size(file, Path(self.name))
        except _DAMAGED_MEMBER as error:
            raise unreadable_image(self.name, str(error)) from error


def find_images(path: Path, left_out: LeftOut | None = None) -> list[ImageFile]:
    """Returns the images of a folder or a zip, by name. Nothing of a zip is written anywhere.

    Args:
        path: The folder, or the zip.
        left_out: Told what bears the name of an image and is none.

    Raises:
        DatasetError: there is nothing at the path, or no image in it.
    """
    try:
        found = _in_folder(path, left_out) if path.is_dir() else list(_members(path))
    except (OSError, *BROKEN_ARCHIVE) as error:
        raise _unreadable(path, error) from error
    if not found:
        seen = ", ".join(left_out.reasons) if left_out else ""
        words = N_("There are no pictures in {path}.")
        words = N_("There are no pictures in {path} but {seen}.") if seen else words
        raise DatasetError(
            _(words, path=path, seen=seen),
            why=_("Expected {kinds}, or several, also in sub-folders.", kinds=_(IMAGE_KINDS)),
            fix=_("Choose another folder."),
        )
    return sorted(found, key=lambda image: str(image.relative))


def images_sha256(images: Sequence[ImageFile]) -> str:
    """Returns a hash of the names and contents of images, those included that can't be read."""
    whole = hashlib.sha256()
    for image in images:
        try:
            content = hashlib.sha256(image.content()).digest()
        except DatasetError:  # left out when its turn comes
            content = b"unreadable"
        whole.update(image.relative.stem.encode(errors="surrogateescape") + b"\0" + content)
    return whole.hexdigest()


@lru_cache(maxsize=2)
def _archive(path: Path, modified: int, size: int) -> zipfile.ZipFile:
    """Returns an open zip: its list of files is read once, not for each of them."""
    return zipfile.ZipFile(path)


def _state(path: Path) -> tuple[int, int]:
    known = path.stat()
    return known.st_mtime_ns, known.st_size


def _in_folder(path: Path, left_out: LeftOut | None) -> list[ImageFile]:
    listing = list_folder(path)
    for file, why in listing.passed_over if left_out else ():
        assert left_out is not None
        left_out.pass_over(str(file), why)
    return [
        ImageFile(file, PurePosixPath(file.relative_to(path).as_posix())) for file in listing.files
    ]


def _members(path: Path) -> Iterator[ImageFile]:
    if is_device(path):
        raise DatasetError(
            _("{path} is a device.", path=path), why=_("Expected a folder or a zip.")
        )
    with zipfile.ZipFile(path) as archive:
        if document := _DOCUMENTS & set(archive.namelist()):
            raise DatasetError(
                _(
                    "{path} is a document of an office program or a book, no zip of pictures.",
                    path=path,
                ),
                why=_("It holds {file}.", file=min(document)),
                fix=_("Save its pictures into a folder."),
            )
        for info in archive.infolist():
            # Programs of Windows may write its own separator.
            relative = PurePosixPath(info.filename.replace("\\", "/"))
            named = relative.suffix.lower() in IMAGE_SUFFIXES and not info.is_dir()
            parts = [part for part in relative.parts if part not in ("/", "..")]
            if not named or is_litter(PurePosixPath(*parts)):
                continue
            _check_member(path, info)
            yield ImageFile(path, PurePosixPath(*parts), info.filename)


def _check_member(path: Path, info: zipfile.ZipInfo) -> None:
    """Raises for what no picture of the zip can be read for."""
    fix = _("Unpack it with the program that made it, and import the folder.")
    if info.flag_bits & 1:
        raise DatasetError(
            _("{path} is encrypted.", path=path), why=_("It needs a password."), fix=fix
        )
    if info.compress_type not in (0, 8, 12, 14):
        packing = _(_PACKINGS.get(info.compress_type, "")) or _("number {n}", n=info.compress_type)
        raise DatasetError(
            _(
                "{path} is packed by a method that can't be read here: {packing}.",
                path=path,
                packing=packing,
            ),
            why=_("Expected a zip that is stored or deflated."),
            fix=fix,
        )
    if info.file_size > _LARGEST_BYTES:
        raise DatasetError(
            _(
                "{path}: {name} holds {size} bytes.",
                path=path,
                name=repr(info.filename),
                size=f"{info.file_size:,}",
            )
        )


def _unreadable(path: Path, error: Exception) -> DatasetError:
    if not path.exists():
        return DatasetError(
            _("There is nothing at {path}: neither a folder nor a zip.", path=path),
            fix=_("Check its path."),
        )
    if isinstance(error, OSError) and error.strerror:
        return DatasetError(
            _("{path} can't be read: {why}.", path=path, why=error.strerror),
            fix=_("Check its rights."),
        )
    kind = kind_of_file(path)
    if kind == "a zip archive":
        return DatasetError(
            _("{path} is a damaged zip, or cut off: {why}.", path=path, why=error),
            why=_("Its list of files is missing; an upload or a download may have ended early."),
            fix=_("Copy it again from where it came."),
        )
    words = N_("{path} is {kind}.") if kind else N_("{path} is neither a folder nor a zip.")
    is_video = kind == "a video"
    return DatasetError(
        _(words, path=path, kind=_(kind)),
        why=_("Expected a folder or a zip."),
        fix=_("Cut it with `colab-pix2pix frames`.") if is_video else _("Check its path."),
    )
