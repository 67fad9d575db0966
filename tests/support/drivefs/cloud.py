"""What Google's servers hold: whole versions of files, a trash, a quota.

It lies in a folder, so that it outlives the machine that mounts it. A version appears in one step
(`index.json` is replaced), as an upload does.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any


class Cloud:
    """Files by path, each with id, md5, size and the blob that holds its content."""

    def __init__(self, directory: Path, quota: int) -> None:
        self.directory, self.quota = directory, quota
        self.blobs = directory / "blobs"
        self.blobs.mkdir(parents=True, exist_ok=True)
        self._index = directory / "index.json"
        content = json.loads(self._index.read_text()) if self._index.exists() else {}
        self.files: dict[str, dict[str, Any]] = content.get("files", {})
        self.folders: list[str] = content.get("folders", ["/MyDrive"])
        self.trash: list[dict[str, Any]] = content.get("trash", [])

    @property
    def used(self) -> int:
        """Bytes that count against the quota: the trash too."""
        return sum(entry["size"] for entry in [*self.files.values(), *self.trash])

    def has_room_for(self, path: str, size: int) -> bool:
        before = self.files[path]["size"] if path in self.files else 0
        return self.used - before + size <= self.quota

    def put(self, path: str, source: Path | None, revision_of: str = "") -> None:
        """Takes a whole new version of a file; `None` makes an empty entry."""
        blob = uuid.uuid4().hex
        if source is None:
            (self.blobs / blob).touch()
        else:
            shutil.copyfile(source, self.blobs / blob)
        content = (self.blobs / blob).read_bytes()
        before = self.files.get(path)
        self.files[path] = {
            "id": before["id"] if before else uuid.uuid4().hex,
            "md5": hashlib.md5(content).hexdigest(),
            "size": len(content),
            "blob": blob,
        }
        self._write()
        if before:
            (self.blobs / before["blob"]).unlink(missing_ok=True)

    def discard(self, path: str) -> None:
        """Moves a file to the trash, where it goes on to count."""
        if path in self.files:
            self.trash.append(self.files.pop(path) | {"path": path})
            self._write()

    def rename(self, old: str, new: str) -> None:
        self.discard(new)
        if old in self.files:
            self.files[new] = self.files.pop(old)
        self._write()

    def make_folder(self, path: str) -> None:
        self.folders.append(path)
        self._write()

    def _write(self) -> None:
        temp_path = self._index.with_suffix(".part")
        content = {"files": self.files, "folders": self.folders, "trash": self.trash}
        temp_path.write_text(json.dumps(content))
        os.replace(temp_path, self._index)
