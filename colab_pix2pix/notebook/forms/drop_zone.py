"""Files of the user's own computer, dropped into a form: they come in pieces, however large.

The upload button of ipywidgets sends a whole file in one message, which breaks the connection, and
keeps it in memory. Here the page cuts a file up and types a piece at a time into a hidden box; the
next one follows when the kernel says that it has written that one. So it needs nothing but what
every front-end has, goes wherever the kernel runs, and no part of a file is there twice.
"""

from __future__ import annotations

import base64
import binascii
import html
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import ipywidgets as widgets
from traitlets import Unicode

from ... import wording
from ...errors import Pix2PixError
from ...filenames import safe_name, safe_suffix
from ...files import free_space
from ...languages import N_, _
from .. import style
from ..error_panel import ErrorPanel

_WAITS = N_("It goes on when the cell that runs has ended.")
_UNREAD = N_("The browser can't read this:")
_PIECE_BYTES = 3 * 1024 * 1024  # of which base64 makes four megabytes; a message may have ten

_CSS = """
.cp-drop { border: 1.5px dashed rgba(128,128,128,.6); border-radius: 8px; padding: 8px 12px;
  margin: 2px 0 4px 154px; max-width: 30em; font-size: 13px; }
.cp-drop.cp-over, .cp-drop:focus-within { border-color: #3b82c4; background: rgba(59,130,196,.12); }
.cp-drop label { cursor: pointer; margin: 0; font-weight: 400; }
.cp-drop label u { color: #3b82c4; }
.cp-drop input { position: absolute; width: 1px; height: 1px; opacity: 0; }
.cp-drop button { font: inherit; margin-left: 10px; min-height: 28px; border-radius: 6px;
  border: 1px solid rgba(128,128,128,.4); background: rgba(128,128,128,.15); color: inherit; }
.cp-drop [hidden] { display: none; }
.cp-sent { margin-left: 154px; max-width: 30em; }
@container (max-width: 560px) { .cp-drop, .cp-sent { margin-left: 0; } }
"""
_SCRIPT = """const zone = this.closest('.cp-drop'), panel = zone.closest('.cp-uploading');
const input = zone.querySelector('input'), stop = zone.querySelector('button');
const wait = zone.querySelector('.cp-waits');
this.remove();
let stopped = false, busy = false;
const type = text => {
  const box = panel.querySelector('.cp-pieces input');
  box.value = text;
  for (const kind of ['input', 'change']) box.dispatchEvent(new Event(kind, {bubbles: true}));
};
const state = () => panel.querySelector('.cp-sent')?.dataset ?? {};
const written = async (key, at) => {
  for (let ticks = 0; !stopped && zone.isConnected; ticks++) {
    if (state().key === key && state().at === String(at)) return true;
    if (state().key === key && state().at === 'failed') return false;
    wait.hidden = ticks < 1500;
    await new Promise(next => setTimeout(next, ticks < 50 ? 2 : 20));
  }
  return false;
};
const base64 = async blob => {
  const url = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(',') + 1);
};
const send = async files => {
  if (busy || !files.length) return;
  busy = true;
  stopped = false;
  stop.hidden = false;
  const drop = Math.random().toString(36).slice(2);
  try {
    for (const [index, file] of files.entries()) {
      const key = drop + '-' + index, name = encodeURIComponent(file.name);
      let at = 0;
      do {
        const piece = file.slice(at, at + PIECE), data = await base64(piece);
        type([key, at, file.size, name, data].join('|'));
        at += piece.size;
        if (!await written(key, at)) return type([key, 'stop', 0, name, ''].join('|'));
      } while (at < file.size);
    }
    type('');
  } catch (error) {
    wait.hidden = false;
    wait.textContent = wait.dataset.unread + ` ${error.message}`;
  } finally {
    busy = false;
    stop.hidden = true;
    input.value = '';
  }
};
input.onchange = () => send([...input.files]);
stop.onclick = () => { stopped = true; };
for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop'])
  zone.addEventListener(kind, event => {
    event.preventDefault();
    event.stopPropagation();
    zone.classList.toggle('cp-over', kind === 'dragenter' || kind === 'dragover');
    if (kind === 'drop') send([...event.dataTransfer.files]);
  });"""


class UploadError(Pix2PixError):
    """Nothing was uploaded, or not all of it."""


class _Pieces(widgets.Text):  # type: ignore[misc]
    # A kernel of ipywidgets 8 sends back what it gets: twice the way for nothing.
    value = Unicode("").tag(sync=True, echo_update=False)


class DropZone(widgets.VBox):  # type: ignore[misc]
    """A place to drop files on, or to choose them; they are put into a folder of the kernel's.

    Args:
        folder: Where files are put: those that are dropped together in a folder of their own.
        taken: Called with the files of a drop that are here, each time one more is complete.
        errors: Shows what has gone wrong.

    Attributes:
        pieces: The hidden box that the page types pieces into.
        state: How far it is, for the page and for people.
    """

    def __init__(
        self, folder: Path, taken: Callable[[list[Path]], None], errors: ErrorPanel
    ) -> None:
        self._folder, self._taken = folder, taken
        self._key, self._received = "", 0
        self._part: Path | None = None
        self._target: Path | None = None
        self._paths: list[Path] = []
        self.pieces = _Pieces(layout={"display": "none"}).add_class("cp-pieces")
        self.pieces.observe(errors.guard(self._hear), names="value")
        self.state = widgets.HTML()
        script = html.escape(_SCRIPT.replace("PIECE", str(_PIECE_BYTES)))
        drop = _("Drop files of your own computer here, or <u>choose them</u>")
        stop, waits, unread = map(html.escape, (_("Stop"), _(_WAITS), _(_UNREAD)))
        zone = (
            f'<div class="cp-drop"><label>{drop}<input type="file" multiple></label>'
            f"<button hidden>{stop}</button>"
            f'<div class="cp-help cp-waits" data-unread="{unread}" hidden>{waits}'
            f'</div><img alt="" src="data:," style="display:none" onerror="{script}"></div>'
        )
        place = widgets.HTML(f"<style>{_CSS}</style>{zone}")
        super().__init__([place, self.state, self.pieces])
        self.add_class("cp-uploading")

    def _hear(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        key, at, size, name, data = change["new"].split("|")
        try:
            if at == "stop":
                self._give_up(key, _("Stopped: nothing of this file is kept."))
                return
            self._take(key, int(at), int(size), unquote(name), data)
        except (OSError, binascii.Error) as error:
            self._give_up(key, "")
            raise UploadError(
                _("{name} can't be written: {error}.", name=unquote(name), error=error),
                fix=_("Look how much room is left on the disk, and choose the file again."),
            ) from error
        except Pix2PixError:
            self._give_up(key, "")
            raise

    def _take(self, key: str, at: int, size: int, name: str, data: str) -> None:
        """Writes the next piece of a file; the last one makes it complete."""
        if at == 0:
            self._begin(key, size, name)
        received = wording.bytes_in_words(self._received)
        if key != self._key or at != self._received or self._part is None or not self._target:
            raise UploadError(
                _("A piece of {name} is missing.", name=name),
                why=_("Expected what follows after {size}.", size=received),
                fix=_("Choose the file again."),
            )
        content = base64.b64decode(data, validate=True)
        with open(self._part, "ab") as file:
            file.write(content)
        self._received += len(content)
        text = f"{self._target.name}: {wording.progress_in_words(self._received, size, 'bytes')}"
        if self._received >= size:
            os.replace(self._part, self._target)
            self._paths.append(self._target)
            whole = wording.bytes_in_words(size)
            self._part = None
            text = _("{name} is here: {size}.", name=self._target.name, size=whole)
            self._taken(list(self._paths))
        self._show(key, self._received, text, self._received / size)

    def _begin(self, key: str, size: int, name: str) -> None:
        """Makes a place for a file.

        Raises:
            UploadError: it is empty, or the disk has no room for it.
        """
        if self._part is not None:  # one whose page is gone
            self._part.unlink(missing_ok=True)
            self._part = None
        if not size:
            raise UploadError(_("{name} is empty.", name=name), fix=_("Choose another file."))
        disk, free = free_space(self._folder)
        if free < size:
            left, needed = map(wording.bytes_in_words, (free, size))
            raise UploadError(
                _(
                    "{disk} has {left} left and {name} has {needed}.",
                    disk=disk,
                    left=left,
                    name=name,
                    needed=needed,
                ),
                fix=_("Free some space first."),
            )
        drop, index = key.rsplit("-", 1)
        if index == "0" or drop != self._key.rsplit("-", 1)[0]:
            number = len(list(self._folder.iterdir())) if self._folder.exists() else 0
            while (folder := self._folder / f"upload-{number}").exists():
                number += 1
            folder.mkdir(parents=True)
            self._paths, self._into = [], folder
        self._key, self._received = key, 0
        stem, suffix = safe_name(Path(name).stem), safe_suffix(Path(name))
        names = (f"{stem}{suffix}", *(f"{stem}-{n}{suffix}" for n in range(2, 10_000)))
        self._target = next(p for p in (self._into / n for n in names) if not p.exists())
        self._part = self._target.with_name(f".{self._target.name}.part")

    def _give_up(self, key: str, text: str) -> None:
        if key == self._key and self._part is not None:
            self._part.unlink(missing_ok=True)
            self._part = None
            if self._into.is_dir() and not any(self._into.iterdir()):
                self._into.rmdir()
        self._show(key, "failed", text, 0.0)

    def _show(self, key: str, at: int | str, text: str, share: float) -> None:
        bar = style.bar(share) if 0 < share < 1 else ""
        attributes = f'data-key="{style.escape(key)}" data-at="{at}"'
        self.state.value = (
            f'<div class="cp-sent" {attributes}>{bar}{style.line(text, "help")}</div>'
        )
