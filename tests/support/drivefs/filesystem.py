"""The mounted side: files on this machine's disk, and faults on command."""

from __future__ import annotations

import errno
import fnmatch
import os
import shutil
import stat
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mfusepy

from .cloud import Cloud
from .uploads import Uploads

PIECE_BYTES = 16384
CHANGING = {"create", "mkdir", "unlink", "rmdir", "rename", "truncate", "write"}


@dataclass
class Rule:
    """One fault: which calls it hits, what they get, how often."""

    op: str = "*"
    match: str = "*"
    errno: int = 0
    hang: bool = False
    times: int = -1
    skip: int = 0


class DriveFileSystem(mfusepy.Operations):
    """DriveFS as a program sees it. `Args`: see `python -m drivefs --help`."""

    use_ns = True

    def __init__(self, cloud: Cloud, uploads: Uploads, cache: Path, *, attributes: str) -> None:
        self.cloud, self.uploads, self.cache, self.attributes = cloud, uploads, cache, attributes
        cache.mkdir(parents=True, exist_ok=True)
        self.local: dict[str, Path] = {}
        self.times: dict[str, float] = {}
        self.handles: dict[int, tuple[str, bool]] = {}
        self.rules: list[Rule] = []
        self.ended_hangs = threading.Event()
        self.listing: set[str] | None = None  # a stale one
        self.renames = 0
        self.write_seconds = 0.0
        uploads.is_open = self._is_open

    def init_with_config(self, conn_info: Any, config_3: Any) -> None:
        """Small pieces: even a small file takes several calls to write, so that it can be torn."""
        if conn_info is not None:
            conn_info.max_write = PIECE_BYTES

    # What goes wrong.

    def _trouble(self, op: str, path: str) -> None:
        with self.uploads.lock:
            rule = next((r for r in self.rules if self._hits(r, op, path)), None)
            if rule is None:
                return
            if rule.skip > 0:
                rule.skip -= 1
                return
            if rule.times > 0:
                rule.times -= 1
                if rule.times == 0:
                    self.rules.remove(rule)
        if rule.hang:
            self.ended_hangs.wait()
        elif rule.errno:
            raise mfusepy.FuseOSError(rule.errno)

    def _hits(self, rule: Rule, op: str, path: str) -> bool:
        if not fnmatch.fnmatch(path, f"*/{rule.match}") and rule.match != "*":
            return False
        if rule.op == "change":
            return op in CHANGING
        return fnmatch.fnmatch(op, rule.op)

    # What there is.

    def _exists(self, path: str) -> bool:
        return path in self.local or path in self.cloud.files

    def _download(self, path: str) -> Path:
        """Returns the local copy of a file, fetched from the cloud where there is none yet."""
        if path not in self.local:
            if path not in self.cloud.files:
                raise mfusepy.FuseOSError(errno.ENOENT)
            copy = self.cache / uuid.uuid4().hex
            shutil.copyfile(self.cloud.blobs / self.cloud.files[path]["blob"], copy)
            self.local[path] = copy
        return self.local[path]

    def _is_folder(self, path: str) -> bool:
        return path == "/" or path in self.cloud.folders

    def _size(self, path: str) -> int:
        local = self.local.get(path)
        return local.stat().st_size if local else int(self.cloud.files[path]["size"])

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        self._trouble("getattr", path)
        with self.uploads.lock:
            if self._is_folder(path):
                return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
            hidden = self.listing is not None and path not in self.listing
            if hidden or not self._exists(path):
                raise mfusepy.FuseOSError(errno.ENOENT)
            when = int(self._time(path) * 1e9)
            return {
                "st_mode": stat.S_IFREG | 0o644,
                "st_nlink": 1,
                "st_size": self._size(path),
                "st_mtime": when,
                "st_ctime": when,
                "st_uid": os.getuid(),
            }

    def _time(self, path: str) -> float:
        """Returns when a file was changed; after a new mount, when the cloud got it."""
        if path in self.times or path not in self.cloud.files:
            return self.times.get(path, 0.0)
        return (self.cloud.blobs / self.cloud.files[path]["blob"]).stat().st_mtime

    def readdir(self, path: str, fh: int) -> list[str]:
        self._trouble("readdir", path)
        with self.uploads.lock:
            known = {*self.local, *self.cloud.files}
            known = known if self.listing is None else known & self.listing
            inside = [p for p in [*known, *self.cloud.folders] if os.path.dirname(p) == path]
        return [".", "..", *sorted({os.path.basename(p) for p in inside})]

    def statfs(self, path: str) -> dict[str, int]:
        self._trouble("statfs", path)
        free = max(0, self.cloud.quota - self.cloud.used)
        return {
            "f_bsize": 512,
            "f_frsize": 512,
            "f_blocks": self.cloud.quota // 512,
            "f_bfree": free // 512,
            "f_bavail": free // 512,
        }

    def getxattr(self, path: str, name: str, position: int = 0) -> bytes:
        self._trouble("getxattr", path)
        with self.uploads.lock:
            entry = self.cloud.files.get(path)
            if not self._exists(path) or not name.startswith("user.drive."):
                raise mfusepy.FuseOSError(errno.ENODATA)
            known = {
                "user.drive.id": entry["id"] if entry else f"local-{path}",
                "user.drive.md5": entry["md5"] if entry else None,
                "user.drive.uncommitted": "1" if path in self.uploads.pending else "0",
            }
        if self.attributes == "none":
            known = {}
        if self.attributes == "md5-only":
            known.pop("user.drive.uncommitted")
        value = known.get(name)
        if value is None:
            raise mfusepy.FuseOSError(errno.ENODATA)
        return value.encode()

    def listxattr(self, path: str) -> list[str]:
        if self.attributes == "none" or self._is_folder(path):
            return []
        return ["user.drive.id", "user.drive.md5", "user.drive.uncommitted"]

    # What changes.

    def _is_open(self, path: str) -> bool:
        return (path, True) in self.handles.values()

    def _open(self, path: str, flags: int) -> int:
        fh = os.open(self.local[path], flags & (os.O_RDONLY | os.O_RDWR | os.O_WRONLY))
        writes = bool(flags & (os.O_RDWR | os.O_WRONLY))
        self.handles[fh] = (path, writes)
        return fh

    def open(self, path: str, flags: int) -> int:
        self._trouble("open", path)
        if flags & (os.O_RDWR | os.O_WRONLY):
            self._trouble("write-open", path)
        with self.uploads.lock:
            self._download(path)
            if flags & os.O_TRUNC:
                self.truncate(path, 0)
            return self._open(path, flags)

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        self._trouble("create", path)
        with self.uploads.lock:
            self.local[path] = self.cache / uuid.uuid4().hex
            self.local[path].touch()
            self._changed(path)
            return self._open(path, os.O_RDWR)

    def _changed(self, path: str) -> None:
        self.times[path] = time.time()
        self.uploads.changed(path, self.local[path])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        self._trouble("write", path)
        time.sleep(self.write_seconds)
        with self.uploads.lock:
            written = os.pwrite(fh, data, offset)
            self._changed(self.handles[fh][0])
            return written

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        self._trouble("truncate", path)
        with self.uploads.lock:
            os.truncate(self._download(path), length)
            self._changed(path)
        return 0

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        self._trouble("read", path)
        return os.pread(fh, size, offset)

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        self._trouble("fsync", path)
        return 0

    def flush(self, path: str, fh: int) -> int:
        self._trouble("close", path)
        return 0

    def release(self, path: str, fh: int) -> int:
        with self.uploads.lock:
            where, writes = self.handles.pop(fh)
            os.close(fh)
            if writes:
                self.uploads.closed(where)
        return 0

    def unlink(self, path: str) -> int:
        self._trouble("unlink", path)
        with self.uploads.lock:
            self.local.pop(path, None)
            self.uploads.pending.pop(path, None)
            self.cloud.discard(path)
        return 0

    def rename(self, old: str, new: str) -> int:
        self._trouble("rename", old)
        with self.uploads.lock:
            self._download(old)
            self.renames += 1
            self.cloud.rename(old, new)
            self.local[new] = self.local.pop(old)
            self.times[new] = self.times.pop(old, time.time())
            self.uploads.pending.pop(new, None)
            if old in self.uploads.pending:
                self.uploads.pending[new] = self.uploads.pending.pop(old)
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        self._trouble("mkdir", path)
        with self.uploads.lock:
            self.cloud.make_folder(path)
        return 0

    def utimens(self, path: str, times: Any = None) -> int:
        return 0

    def chmod(self, path: str, mode: int) -> int:
        return 0

    def access(self, path: str, amode: int) -> int:
        return 0

    # What the control channel asks for.

    def command(self, order: dict[str, Any]) -> dict[str, Any]:
        """Does one order of `control.Drive` and returns the answer."""
        what = order.pop("do")
        with self.uploads.lock:
            if what == "fail":
                self.rules.append(Rule(**order))
            elif what == "heal":
                self.rules.clear()
                self.listing = None
                self.ended_hangs.set()
                self.ended_hangs = threading.Event()
            elif what == "freeze-listing":
                self.listing = {*self.local, *self.cloud.files}
            elif what == "set":
                for name, value in order.items():
                    holder = next(h for h in (self.uploads, self.cloud, self) if hasattr(h, name))
                    setattr(holder, name, value)
            elif what != "state":
                raise ValueError(f"unknown order {what!r}")
            return {
                "files": {path: dict(entry) for path, entry in self.cloud.files.items()},
                "pending": sorted(self.uploads.pending),
                "trash": [entry["path"] for entry in self.cloud.trash],
                "renames": self.renames,
            }
