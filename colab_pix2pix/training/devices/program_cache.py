"""Compiled programs lie in the cache folder: who goes on does not wait for XLA again."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from ... import __version__
from ...files import cache_dir
from .gpu import version_of

_VARIABLE = "TF_XLA_FLAGS"
_FOLDER_FLAG = "--tf_xla_persistent_cache_directory"
_ONLY_GPUS = "--tf_xla_persistent_cache_device_types=GPU"
_KEPT = 24  # of 2 to 6 MB each


def keep_programs(gpu: str) -> None:
    """Has XLA keep the programs that it makes for a GPU, and take them from there the next time.

    TensorFlow reads where to when it runs its first operation: later calls change nothing. What a
    person has set stays. A path with blanks can't be told to it: then nothing is kept.

    Args:
        gpu: Its name. Programs are its own, and those of the versions of TensorFlow and of this
            package.
    """
    if _FOLDER_FLAG in os.environ.get(_VARIABLE, ""):
        return
    versions = f"{gpu} TensorFlow {version_of('tensorflow')} {__version__}"
    folder = cache_dir() / "programs" / re.sub(r"[^\w.]+", "-", versions)
    if re.search(r"\s", str(folder)):
        return
    _forget_all_but(_KEPT, folder)
    flags = [os.environ.get(_VARIABLE, ""), f"{_FOLDER_FLAG}={folder}", _ONLY_GPUS]
    os.environ[_VARIABLE] = " ".join(filter(None, flags))


def forget_programs() -> bool:
    """Deletes what is kept, which a crash may have torn; returns whether there was anything."""
    given = os.environ.get(_VARIABLE, "")
    found = re.search(rf"{_FOLDER_FLAG}=(\S+)", given)
    return found is not None and _forget_all_but(0, Path(found[1]))


def _forget_all_but(kept: int, folder: Path) -> bool:
    """Deletes all programs but the newest ones; returns whether there were any to delete."""
    newest_first = sorted(folder.glob("*.pb"), key=_time, reverse=True)
    for program in newest_first[kept:]:
        with contextlib.suppress(OSError):  # another process was quicker, or it can't be written
            program.unlink()
    return len(newest_first) > kept


def _time(program: Path) -> float:
    try:
        return program.stat().st_mtime
    except OSError:  # another process has just deleted it
        return 0.0
