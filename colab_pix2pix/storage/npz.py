"""The checkpoint file: one uncompressed `.npz` with a manifest.

Every member has a CRC and the directory stands last, so a torn or flipped byte is found. Nothing in
it is ever unpickled. `numpy.load` reads it too.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CheckpointError, IncompatibleRunError

MANIFEST = "manifest.json"
_CHUNK_BYTES = 1 << 20

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
                    np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
            archive.writestr(MANIFEST, json.dumps(manifest))
        file.flush()
        os.fsync(file.fileno())


def read_manifest(path: Path) -> dict[str, Any]:
    """Returns the manifest of a file after checking every byte of it.

    Raises:
        CheckpointError: the file is missing, torn, altered or no checkpoint.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bombs(path, archive)
            if bad := archive.testzip():
                raise CheckpointError(f"{path} is damaged in {bad!r}.")
            manifest = json.loads(archive.read(MANIFEST))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise CheckpointError(f"{path} is no complete checkpoint: {error}.") from error
    if not isinstance(manifest, dict):
        raise CheckpointError(f"{path} is no complete checkpoint: its manifest is no object.")
    return manifest


def read_arrays(path: Path, expected: Shapes, *, prefix: str = "") -> dict[str, np.ndarray]:
    """Returns the arrays whose names begin with `prefix`, if they are just those expected.

    Raises:
        IncompatibleRunError: an array is missing, left over, or of another shape or type.
        CheckpointError: the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bombs(path, archive)
            members = {n.removesuffix(".npy") for n in archive.namelist() if n != MANIFEST}
            found = {name for name in members if name.startswith(prefix)}
            if found != set(expected):
                odd = sorted(found ^ set(expected))[0]
                state = "not expected" if odd in found else "missing"
                raise _incompatible(path, f"{odd!r} is {state}")
            return {name: _read_member(path, archive, name, expected[name]) for name in expected}
    except (OSError, zipfile.BadZipFile, EOFError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged: {error}.") from error


def md5(path: Path) -> str:
    """Returns the MD5 checksum of a file, as Google Drive states it."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _read_member(
    path: Path, archive: zipfile.ZipFile, name: str, expected: tuple[tuple[int, ...], str]
) -> np.ndarray:
    with archive.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read_header is None:
            raise CheckpointError(f"{path}: {name!r} has the unknown .npy version {version}.")
        shape, fortran_order, dtype = read_header(member)
        if (shape, str(dtype)) != expected or fortran_order:
            raise _incompatible(path, f"{name!r} is {dtype}{shape}, expected {expected}")
        content = member.read()
    return np.frombuffer(content, dtype).reshape(shape)


def _refuse_bombs(path: Path, archive: zipfile.ZipFile) -> None:
    if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
        raise CheckpointError(f"{path} has compressed members; this package writes none.")


def _incompatible(path: Path, what: str) -> IncompatibleRunError:
    return IncompatibleRunError(
        f"{path} does not fit the network: {what}.",
        why="It was made with another architecture or another version.",
        fix="Use the options that the run was made with, or another run folder.",
    )
