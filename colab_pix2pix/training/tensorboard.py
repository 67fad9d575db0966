"""The curves of a run in the format that TensorBoard reads; TensorBoard itself is not needed."""

from __future__ import annotations

import dataclasses
import errno
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import tensorflow as tf

from ..events import Metrics

_AXES = ("step", "epoch")


class EventFile:
    """One file with the whole history; a resumed run writes it anew, without a gap or a repeat.

    A disk that does not take it stops nothing: the next line writes the file anew, and `close`
    tells what has become of it.

    Args:
        folder: Where it goes; event files of earlier sessions in there are removed.
        history: The lines so far.
    """

    def __init__(self, folder: Path, history: Sequence[Metrics]) -> None:
        self.path = folder / "events.out.tfevents.pix2pix"
        self._rows = list(history)
        self._writer: tf.io.TFRecordWriter | None = None
        self._failure: Exception | None = None
        self._attempt(self._begin)

    def __enter__(self) -> EventFile:
        return self

    def __exit__(self, *exception: object) -> None:
        self._attempt(self._end)

    def add(self, row: Metrics) -> None:
        """Appends a line of the history."""
        self._rows.append(row)
        self._attempt(self._begin if self._failure else partial(self._write_row, row))

    def close(self) -> Path:
        """Ends the file and returns its path; may be called twice.

        Raises:
            OSError: the disk has not taken all of it.
        """
        if self._failure:
            self._attempt(self._begin)
        self._attempt(self._end)
        if self._failure:
            raise OSError(errno.EIO, f"{self.path} is not whole") from self._failure
        return self.path

    def _attempt(self, write: Callable[[], None]) -> None:
        try:
            write()
            self._failure = None
        except (OSError, tf.errors.OpError) as error:
            self._failure = error

    def _begin(self) -> None:
        """Writes the file from its beginning."""
        self._end()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for old in self.path.parent.glob("events.out.tfevents.*"):
            old.unlink()
        self._writer = tf.io.TFRecordWriter(str(self.path))
        self._write(tf.compat.v1.Event(wall_time=time.time(), file_version="brain.Event:2"))
        for row in self._rows:
            self._write_row(row)

    def _end(self) -> None:
        writer, self._writer = self._writer, None
        if writer:
            writer.close()

    def _write_row(self, row: Metrics) -> None:
        values = {n: v for n, v in dataclasses.asdict(row).items() if n not in _AXES}
        value = tf.compat.v1.Summary.Value
        shown = [value(tag=n, simple_value=v) for n, v in values.items() if v is not None]
        summary = tf.compat.v1.Summary(value=shown)
        self._write(tf.compat.v1.Event(wall_time=time.time(), step=row.step, summary=summary))

    def _write(self, event: tf.compat.v1.Event) -> None:
        if self._writer:
            self._writer.write(event.SerializeToString())
            self._writer.flush()
