"""The checkpoint file: one uncompressed `.npz` with a manifest.

Every member has a CRC and the directory stands last, so a torn or flipped byte is found. Nothing in
it is ever unpickled. `numpy.load` reads it too.
"""

from __future__ import annotations

import errno
import json
import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from .. import files
from ..errors import CheckpointError, IncompatibleRunError
from ..events import unpack_history
from ..languages import N_, _

MANIFEST = files.MANIFEST
#: Of a manifest.
FORMAT = 2
_NEEDED = {"run_id": str, "generation": int, "step": int, "time": float, "options": dict}
#: What younger formats and a whole training add: the type of each, and what stands for it.
_MORE: dict[str, tuple[type, Any]] = {
    "session_number": (int, 0),
    "settings": (dict, {}),
    "epochs_done": (int, 0),
    "dataset_sha256": (str, ""),
    "made_with": (dict, {}),
    "history": (list, []),
    "unmeasured": (list, []),
}
_LOSSES = 3  # of a step
_CHUNK_BYTES = 4 << 20

Arrays = Mapping[str, np.ndarray]
#: name -> (shape, dtype): what a state is expected to hold.
Shapes = Mapping[str, tuple[tuple[int, ...], str]]


def write(path: Path, arrays: Arrays, manifest: Mapping[str, Any]) -> None:
    """Writes arrays and manifest to `path` in place and waits for the disk.

    Args:
        path: The file, made or overwritten.
        arrays: The state by name.
        manifest: What to know of it; anything that JSON can hold.
    """
    with open(path, "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    _write_member(member, np.asarray(array, order="C"))
            archive.writestr(MANIFEST, json.dumps(manifest))
        file.flush()
        os.fsync(file.fileno())


def read_manifest(path: Path) -> dict[str, Any]:
    """Returns the manifest of a file after checking every byte of it.

    Raises:
        CheckpointError: the file is missing, torn, altered or no checkpoint.
        OSError: it can't be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bombs(path, archive)
            if bad := archive.testzip():
                raise CheckpointError(_("{path} is damaged in {name}.", path=path, name=repr(bad)))
            return files.json_object(archive.read(MANIFEST))
    except (FileNotFoundError, *files.BROKEN_ARCHIVE) as error:
        raise CheckpointError(
            _("{path} is no complete checkpoint: {error}.", path=path, error=error)
        ) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # an offset outside of the file is damage, too
            raise
        raise CheckpointError(
            _("{path} is no complete checkpoint: {error}.", path=path, error=error)
        ) from error


def read_arrays(
    path: Path, expected: Shapes, *, prefix: str = "", name: Path | None = None
) -> dict[str, np.ndarray]:
    """Returns the arrays whose names begin with `prefix`, if they are just those expected.

    Args:
        path: The file.
        expected: The shape and the type of each.
        prefix: What their names begin with.
        name: What to call the file in an error, where `path` is a copy of it.

    Raises:
        IncompatibleRunError: an array is missing, left over, or of another shape or type.
        CheckpointError: the file is damaged.
    """
    arrays = load(path, prefix=prefix)
    check_fit(name or path, arrays, expected)
    return arrays


def load(path: Path, *, prefix: str = "") -> dict[str, np.ndarray]:
    """Returns the arrays whose names begin with `prefix`, whatever they are.

    Raises:
        CheckpointError: the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bombs(path, archive)
            members = (n.removesuffix(".npy") for n in archive.namelist() if n != MANIFEST)
            return {n: _read_member(path, archive, n) for n in members if n.startswith(prefix)}
    except (OSError, *files.BROKEN_ARCHIVE) as error:
        raise CheckpointError(_("{path} is damaged: {error}.", path=path, error=error)) from error


def check_fit(path: Path, arrays: Arrays, expected: Shapes) -> None:
    """Compares what a file holds with what a network needs.

    Raises:
        IncompatibleRunError: an array is missing, left over, or of another shape or type.
    """
    if odd := sorted(set(arrays) ^ set(expected)):
        words = N_("{name} is not expected") if odd[0] in arrays else N_("{name} is missing")
        raise _incompatible(path, _(words, name=repr(odd[0])))
    for name, array in arrays.items():
        if (array.shape, str(array.dtype)) != expected[name]:
            raise _incompatible(
                path,
                _(
                    "{name} is {found}, expected {expected}",
                    name=repr(name),
                    found=f"{array.dtype}{array.shape}",
                    expected=expected[name],
                ),
            )


def _write_member(member: IO[bytes], array: np.ndarray) -> None:
    """Writes as `numpy.lib.format.write_array` does, without a second copy in memory."""
    if array.dtype.hasobject:
        raise CheckpointError(f"An array of {array.dtype} can't be saved without pickle.")
    header = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(member, header)
    if array.size:
        member.write(array.reshape(-1).view(np.uint8).data)


def _read_member(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read_header is None:
            raise CheckpointError(
                _(
                    "{path}: {name} has the unknown .npy version {version}.",
                    path=path,
                    name=repr(name),
                    version=version,
                )
            )
        shape, fortran_order, dtype = read_header(member)
        size = math.prod(shape) * dtype.itemsize
        if fortran_order or dtype.hasobject or size > archive.getinfo(f"{name}.npy").file_size:
            raise CheckpointError(
                _("{path}: {name} is not as this package writes it.", path=path, name=repr(name))
            )
        array = np.empty(shape, dtype)
        content, at = array.reshape(-1).view(np.uint8), 0
        while chunk := member.read(_CHUNK_BYTES):  # at the end zipfile checks the CRC
            content[at : at + len(chunk)] = np.frombuffer(chunk, np.uint8)
            at += len(chunk)
    if at != array.nbytes:
        raise CheckpointError(
            _("{path}: {name} is shorter than it says.", path=path, name=repr(name))
        )
    return array


def _refuse_bombs(path: Path, archive: zipfile.ZipFile) -> None:
    """Members that are larger than the file that holds them would fill the memory."""
    if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
        raise CheckpointError(
            _("{path} has compressed members; this package writes none.", path=path)
        )
    if any(member.flag_bits & 1 for member in archive.infolist()):
        raise CheckpointError(
            _("{path} has encrypted members; this package writes none.", path=path)
        )
    if sum(member.file_size for member in archive.infolist()) > os.path.getsize(path):
        raise CheckpointError(_("{path} states more content than it has bytes.", path=path))


def _incompatible(path: Path, what: str) -> IncompatibleRunError:
    return IncompatibleRunError(
        _("{path} does not fit the network: {what}.", path=path, what=what),
        why=_("It was made with another architecture or another version."),
        fix=_("Use the options that the run was made with, or another run folder."),
    )


def migrated(path: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Returns a manifest as the present format has it.

    Format 1 had no number of the session and no copy of the project's settings.
    """
    found = manifest.get("format")
    if type(found) is not int or found < 1:
        raise CheckpointError(
            _(
                "{path} has the format {found}, expected a number up to {n}.",
                path=path,
                found=repr(found),
                n=FORMAT,
            )
        )
    if found > FORMAT:
        raise CheckpointError(
            _(
                "{path} has the format {found}, and this version knows those up to {n}.",
                path=path,
                found=found,
                n=FORMAT,
            ),
            fix=_("It was made by a newer version of colab_pix2pix: upgrade."),
        )
    if missing := set(_NEEDED) - set(manifest):
        raise CheckpointError(
            _("{path} lacks {name} in its manifest.", path=path, name=repr(sorted(missing)[0]))
        )
    manifest = {name: default for name, (_kind, default) in _MORE.items()} | manifest
    kinds = _NEEDED | {name: kind for name, (kind, _default) in _MORE.items()}
    odd = [name for name, kind in kinds.items() if not files.has_types(manifest, **{name: kind})]
    if not odd and not _is_history(manifest):
        odd.append("history")
    if odd:
        raise CheckpointError(
            _("{path} has something odd as {name} in its manifest.", path=path, name=repr(odd[0]))
        )
    return manifest


def _is_history(manifest: dict[str, Any]) -> bool:
    """Returns whether metrics, and the losses since the last of them, are as we write them."""
    losses = manifest["unmeasured"]
    if not all(isinstance(row, list) and len(row) == _LOSSES for row in losses):
        return False
    try:
        unpack_history(manifest["history"])
    except ValueError:
        return False
    return all(isinstance(value, int | float) for row in losses for value in row)
