"""The curves of a run in the format that TensorBoard reads; TensorBoard itself is not needed."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from ..events import Metrics

_AXES = ("step", "epoch")


class EventFile:
    """One file with the whole history; a resumed run writes it anew, without a gap or a repeat.

    Args:
        folder: Where it goes; event files of earlier sessions in there are removed.
        history: The lines so far.
    """

    def __init__(self, folder: Path, history: Sequence[Metrics]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()
        self.path = folder / "events.out.tfevents.pix2pix"
        self._closed = False
        self._writer = tf.io.TFRecordWriter(str(self.path))
        self._write(tf.compat.v1.Event(wall_time=time.time(), file_version="brain.Event:2"))
        for row in history:
            self.add(row)

    def __enter__(self) -> EventFile:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def add(self, row: Metrics) -> None:
        """Appends a line of the history."""
        values = {n: v for n, v in dataclasses.asdict(row).items() if n not in _AXES}
        value = tf.compat.v1.Summary.Value
        shown = [value(tag=n, simple_value=v) for n, v in values.items() if v is not None]
        summary = tf.compat.v1.Summary(value=shown)
        self._write(tf.compat.v1.Event(wall_time=time.time(), step=row.step, summary=summary))

    def close(self) -> Path:
        """Ends the file and returns its path; may be called twice, also after an error."""
        if not self._closed:
            self._closed = True
            self._writer.close()
        return self.path

    def _write(self, event: tf.compat.v1.Event) -> None:
        self._writer.write(event.SerializeToString())
        self._writer.flush()
