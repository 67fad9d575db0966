"""A dataset as one file: thousands of small files are unusable on Google Drive."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import DatasetError
from ..filenames import output_file, packed_name
from ..files import (
    BROKEN_ARCHIVE,
    atomic_folder,
    atomic_write,
    free_space,
    json_object,
    to_json,
)
from ..images import is_device
from ..languages import N_, _
from ..options import checks_input
from ..wording import bytes_in_words
from . import manifest
from .manifest import Dataset

_MANIFEST, _CHECKSUMS = "manifest.json", "checksums.json"
_LARGEST_RATIO = 20  # images hardly shrink; an archive that grows more than this is a zip bomb
_SPARE_BYTES = 16 << 20
_LONGEST_NAME = 255  # bytes


@checks_input()
def pack(dataset: Dataset, zip_path: Path | str) -> Path:
    """Writes a dataset into one zip, images stored as they are; whole or not at all.

    An archive that holds the same already is left alone.

    Args:
        dataset: The crops and what is known of them; its folder is left as it is.
        zip_path: The `.zip` to write.

    Raises:
        DatasetError: there are no crops, one is missing, or `unpack` would refuse the archive.
    """
    path = output_file(zip_path, "dataset", (".zip",), what=N_("the archive"))
    manifest.check(dataset)
    entries, files = _content(dataset)
    if missing := [file for file in files if not file.is_file()]:
        raise DatasetError(
            _("{file} is missing.", file=missing[0]),
            why=_("Expected all {n} crops of the manifest.", n=len(files)),
            fix=_("Cut the crops again."),
        )
    if trouble := _trouble([_MANIFEST, _CHECKSUMS, *(_name(dataset, file) for file in files)]):
        raise DatasetError(
            _("{folder} can't be packed: {trouble}.", folder=dataset.directory, trouble=trouble),
            why=_("Expected a name of its own for each picture."),
            fix=_("Rename it, or make the dataset again."),
        )
    if is_packed(dataset, path):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        atomic_write(path) as temp_path,
        zipfile.ZipFile(temp_path, "w", zipfile.ZIP_STORED) as archive,
    ):
        checksums = {_MANIFEST: hashlib.sha256(entries).hexdigest()}
        archive.writestr(_MANIFEST, entries)
        for file in files:
            content, name = file.read_bytes(), _name(dataset, file)
            checksums[name] = hashlib.sha256(content).hexdigest()
            archive.writestr(name, content)
        archive.writestr(_CHECKSUMS, json.dumps(checksums, indent=0))
    return path


def is_packed(dataset: Dataset, zip_path: Path | str) -> bool:
    """Returns True when an archive holds just this dataset, whole; reads every byte of it."""
    path = Path(zip_path)
    return path.is_file() and _up_to_date(path, dataset)


def _content(dataset: Dataset) -> tuple[bytes, list[Path]]:
    names = dict.fromkeys(file for crop in dataset.crops for file in crop.files)
    files = [dataset.directory / file for file in names]  # a partner may be that of several
    flat = [
        dataclasses.replace(
            crop, file=packed_name(crop.file), input_file=packed_name(crop.input_file)
        )
        for crop in dataset.crops
    ]
    return to_json(manifest.to_dict(dataset.replace(tuple(flat)))), files


def _name(dataset: Dataset, file: Path) -> str:
    """Returns the name of a crop in the archive, which has no folders."""
    return packed_name(file.relative_to(dataset.directory).as_posix())


def _up_to_date(path: Path, dataset: Dataset) -> bool:
    """Returns whether an archive holds just these; one that is torn or altered does not."""
    try:
        return _holds(path, dataset)
    except BROKEN_ARCHIVE:
        return False
    except OSError as error:
        if not _is_damage(error):
            raise
        return False


def _is_damage(error: OSError) -> bool:
    """Tells a place outside of the file, and bytes that bzip2 can't unpack, from a bad disk."""
    return error.errno in (None, errno.EINVAL)


def _holds(path: Path, dataset: Dataset) -> bool:
    entries, files = _content(dataset)
    with zipfile.ZipFile(path) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        expected = {_name(dataset, file): file.stat().st_size for file in files}
        names = {_MANIFEST, _CHECKSUMS}
        if {name: size for name, size in sizes.items() if name not in names} != expected:
            return False
        if not names <= set(sizes):
            return False
        if any(info.compress_size != info.file_size for info in archive.infolist()):
            return False  # stored as they are: what says otherwise is damaged
        return archive.read(_MANIFEST) == entries and archive.testzip() is None


@checks_input()
def unpack(zip_path: Path | str, directory: Path | str) -> Dataset:
    """Unpacks what `pack` wrote into a folder of its own; whole or not at all.

    A folder that holds the same dataset already is left alone.

    Args:
        zip_path: The archive.
        directory: A new or empty folder, or the one that it was unpacked to before.

    Raises:
        DatasetError: the archive is damaged, is none of ours, or means harm; or the folder is
            in use.
    """
    path, directory = Path(zip_path), Path(directory)
    if is_device(path):
        raise _refused(path, _("it is a device and no file"))
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive)
            _check_space(path, archive, directory)
            if _unpacked_before(archive, directory):
                return manifest.read(directory)
            checksums = json_object(archive.read(_CHECKSUMS))
            with atomic_folder(directory) as temp_dir:
                for info in archive.infolist():
                    if info.filename != _CHECKSUMS:
                        _extract(path, archive, info.filename, checksums, temp_dir)
                manifest.read(temp_dir)
    except FileNotFoundError as error:
        raise DatasetError(
            _("There is no archive {path}.", path=path), fix=_("Check its path.")
        ) from error
    except BROKEN_ARCHIVE as error:
        raise _refused(path, str(error)) from error
    except OSError as error:
        if not _is_damage(error):
            raise
        raise _refused(path, str(error)) from error
    return manifest.read(directory)


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    names = [info.filename for info in archive.infolist()]
    if _MANIFEST not in names or _CHECKSUMS not in names:
        raise _refused(path, _("it has no {file} and {other}", file=_MANIFEST, other=_CHECKSUMS))
    if trouble := _trouble(names):
        raise _refused(path, trouble)
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise _refused(path, _("it is encrypted"))


def _trouble(names: Sequence[str]) -> str:
    """Returns why an archive can't hold files of these names; "" where it can."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return _("the name {name} is in it twice", name=repr(name))
        if name in ("", ".", "..") or any(c in name for c in "/\\\0:"):
            return _("{name} would leave the folder", name=repr(name))
        if len(name.encode(errors="surrogateescape")) > _LONGEST_NAME:
            return _("{name} is too long for a name", name=repr(name))
        seen.add(name)
    return ""


def _check_space(path: Path, archive: zipfile.ZipFile, directory: Path) -> None:
    size = path.stat().st_size
    total = sum(info.file_size for info in archive.infolist())
    packed = sum(info.compress_size for info in archive.infolist())
    if total > _LARGEST_RATIO * size + _SPARE_BYTES or packed > size:
        words = _("its {size} bytes would grow to {total}", size=f"{size:,}", total=f"{total:,}")
        raise _refused(path, words)
    disk, free = free_space(directory)
    if free < total:
        needed, left = bytes_in_words(total), bytes_in_words(free)
        raise DatasetError(
            _(
                "{path} needs {needed} on {disk}, which has {left} left.",
                path=path,
                needed=needed,
                disk=disk,
                left=left,
            )
        )


def _unpacked_before(archive: zipfile.ZipFile, directory: Path) -> bool:
    """Returns whether the folder holds this very dataset; refuses a folder that holds another."""
    if not directory.exists():
        return False
    if not directory.is_dir():
        raise DatasetError(_("{folder} is a file.", folder=directory), why=_("Expected a folder."))
    present = {entry.name for entry in directory.iterdir() if entry.name[0] != "."}
    if not present:
        return False
    same = _MANIFEST in present
    same = same and (directory / _MANIFEST).read_bytes() == archive.read(_MANIFEST)
    for info in archive.infolist() if same else ():
        file = directory / info.filename
        if info.filename != _CHECKSUMS:
            same = same and file.is_file() and file.stat().st_size == info.file_size
    if same:
        return True
    raise DatasetError(
        _("{folder} holds other files, or this dataset with other choices.", folder=directory),
        why=_("Unpacking never overwrites."),
        fix=_("Choose a new folder, or move that one away."),
    )


def _extract(
    path: Path, archive: zipfile.ZipFile, name: str, checksums: dict[str, Any], folder: Path
) -> None:
    content = archive.read(name)
    if hashlib.sha256(content).hexdigest() != checksums.get(name):
        raise _refused(path, _("the checksum of {file} is wrong", file=name))
    (folder / name).write_bytes(content)


def _refused(path: Path, why: str) -> DatasetError:
    return DatasetError(
        _("{path} can't be unpacked: {why}.", path=path, why=why),
        why=_("Expected a whole archive that colab_pix2pix packed."),
        fix=_("Copy it again from where it came, or cut the crops again."),
    )
