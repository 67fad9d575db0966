"""Uploads in the background, as DriveFS does them: later, slowly, and anew after each change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .cloud import Cloud

TICK_SECONDS = 0.01


@dataclass
class Upload:
    """A file that is not in the cloud yet as it is here."""

    source: Path
    changed: float = field(default_factory=time.monotonic)
    sent: float = 0.0


class Uploads:
    """Shares the bandwidth among all files that are closed and changed."""

    def __init__(self, cloud: Cloud, *, bandwidth: float, delay: float) -> None:
        self.cloud, self.bandwidth, self.delay = cloud, bandwidth, delay
        self.lock = threading.RLock()
        self.pending: dict[str, Upload] = {}
        self.paused = False
        #: Is a file open for writing? Nobody uploads what somebody is writing.
        self.is_open: Callable[[str], bool] = lambda path: False

    def changed(self, path: str, source: Path) -> None:
        """A file has changed: what was sent of it is worth nothing any more."""
        with self.lock:
            upload = self.pending.setdefault(path, Upload(source))
            upload.changed, upload.sent, upload.source = time.monotonic(), 0.0, source

    def closed(self, path: str) -> None:
        with self.lock:
            if path in self.pending:
                self.pending[path].changed = time.monotonic()

    def run(self) -> None:
        last = time.monotonic()
        while True:
            time.sleep(TICK_SECONDS)
            now = time.monotonic()
            with self.lock:
                self._tick(now, now - last)
            last = now

    def _tick(self, now: float, seconds: float) -> None:
        ready = [
            path
            for path, upload in self.pending.items()
            if not self.is_open(path) and now - upload.changed >= self.delay
        ]
        for path in ready if not self.paused else []:
            upload = self.pending[path]
            size = upload.source.stat().st_size
            if not self.cloud.has_room_for(path, size):
                continue  # over quota: no error for anybody, and no upload
            if path not in self.cloud.files and size:
                self.cloud.put(path, None)  # the 0-byte entry that comes first
            upload.sent += seconds * self.bandwidth / len(ready)
            if upload.sent >= size:
                self.cloud.put(path, upload.source)
                del self.pending[path]
