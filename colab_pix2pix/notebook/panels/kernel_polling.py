"""Lets clicks count while a cell is busy: what the browser has sent is read between two steps.

A kernel handles one message after another, so that a button pressed during a cell is heard when the
cell has ended. ipykernel has no public way to hear it earlier: this uses private attributes of it,
tried with 6.17.1 (Colab's), 6.31, 7.3 and 7.4. Where they are missing or fail once, it stays off
and tells why; nothing may depend on it alone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from typing import Any

import ipywidgets as widgets
from IPython import get_ipython

EVERY_SECONDS = 0.25
#: What a page asks for when it is loaded again, besides the state of each widget.
_PAGE_REQUESTS = ("kernel_info_request", "comm_info_request", "comm_open", "comm_close")
#: When a page that asks for all widgets at once (ipywidgets 8) gets them. For its first two seconds
#: each output looks for its widget by itself; where all come at the end of that time it says "model
#: not found" and stays so (seen with 8.1.9). After four seconds it asks for each widget by itself.
ALL_AFTER_SECONDS = 2.3
_PAGES_LOOK_BY_THEMSELVES = int(widgets.__version__.split(".")[0]) >= 8

_log = logging.getLogger(__name__)


class Polling:
    """Answers the browser from within a busy cell; other requests keep waiting, in their order.

    Every page gets the state of every widget, but clicks count on some widgets only: those of
    others may start something that takes long, which the cell would have to wait for.

    Args:
        clickable: The widgets on which clicks count.
        kernel: The kernel that runs the cell; None finds it.

    Attributes:
        trouble: Why it is off; "" while it works.

    Example:
        >>> polling = Polling([button])
        >>> polling.poll()
        >>> polling.trouble
        'There is no kernel.'
    """

    def __init__(self, clickable: Iterable[Any], kernel: Any = None) -> None:
        self.trouble = ""
        self._widget_ids = {widget.model_id for widget in clickable}
        self._kernel: Any = kernel or getattr(get_ipython(), "kernel", None)
        self._last_poll = float("-inf")
        self._postponed: list[tuple[float, list[Any]]] = []
        if self._kernel is None:
            self.trouble = "There is no kernel."
            return
        try:
            self._stream = _stream_of_messages(self._kernel)
        except Exception as error:  # not swallowed: see `trouble`
            self._give_up(error)

    def poll(self, *, at_once: bool = False) -> None:
        """Answers what waits, at most four times a second; never waits for anything itself.

        Args:
            at_once: True answers it however short ago that was: before something changes what the
                person who clicked was looking at.
        """
        now = time.monotonic()
        if self.trouble or (now - self._last_poll < EVERY_SECONDS and not at_once):
            return
        if threading.current_thread() is not threading.main_thread():
            return
        self._last_poll = now
        try:
            self._answer()
        except Exception as error:  # not swallowed: see `trouble`
            self._give_up(error)

    def close(self) -> None:
        """Leaves what is not answered yet to the kernel; to be called before the cell ends."""
        postponed, self._postponed = self._postponed, []
        try:
            for _, frames in postponed:
                self._leave_to_kernel(frames)
        except Exception as error:  # told, not swallowed: the cell must not fail of it
            self._give_up(error)

    def _answer(self) -> None:
        answered, failed = self._answer_postponed(), None
        # To the last message: the kernel is not woken again for those that are there already.
        while (frames := self._next_frames()) is not None:
            try:
                if failed is None and (method := self._urgent_request(frames)):
                    if method == "request_states" and _PAGES_LOOK_BY_THEMSELVES:
                        self._postponed.append((time.monotonic() + ALL_AFTER_SECONDS, frames))
                        continue
                    self._handle(frames, method == "request_state")
                    answered = True
                    continue
            except Exception as error:
                failed = error
            self._leave_to_kernel(frames)
        if answered:  # each answer ends with "idle", and the cell still runs
            self._kernel._publish_status("busy", "shell")
        if failed is not None:
            raise failed

    def _answer_postponed(self) -> bool:
        answered = False
        while self._postponed and self._postponed[0][0] <= time.monotonic():
            self._handle(self._postponed[0][1])
            self._postponed.pop(0)
            answered = True
        return answered

    def _next_frames(self) -> list[Any] | None:
        import zmq

        try:
            frames: list[Any] = self._stream.socket.recv_multipart(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return None
        return frames

    def _leave_to_kernel(self, frames: list[Any]) -> None:
        self._stream._run_callback(self._stream._recv_callback, frames)

    def _urgent_request(self, frames: list[Any]) -> str:
        """Returns what a message asks for if it is to be answered now, else ""."""
        if len(frames) == 1:  # the kernel's word to itself
            return ""
        session = self._kernel.session
        _, message = session.feed_identities(frames, copy=False)
        kind: str = session.unpack(message[1].bytes)["msg_type"]
        if kind != "comm_msg":
            return kind if kind in _PAGE_REQUESTS else ""
        content = session.unpack(message[4].bytes)
        method: str = content["data"].get("method", "")
        asks = method in ("request_state", "request_states")
        return method if asks or content["comm_id"] in self._widget_ids else ""

    def _handle(self, frames: list[Any], asks_for_state: bool = False) -> None:
        kernel = self._kernel
        identities, parts = kernel.session.feed_identities(frames, copy=False)
        message = kernel.session.deserialize(parts, content=True, copy=False)
        cell = kernel._parent_ident["shell"], kernel.get_parent("shell")
        kernel._publish_status("busy", "shell", parent=message)
        try:
            if asks_for_state:  # an answer that belongs to the cell would be waited for in vain
                kernel.set_parent(identities, message, "shell")
            handler = kernel.shell_handlers[message["msg_type"]]
            result = handler(_socket_for_replies(kernel), identities, message)
            if result is not None:
                _finish(result)
        finally:  # a page holds the next change of a widget back until it hears this
            if asks_for_state:
                kernel.set_parent(*cell, "shell")
            kernel._publish_status("idle", "shell", parent=message)

    def _give_up(self, error: Exception) -> None:
        self.trouble = f"{type(error).__name__}: {error}"
        self.close()
        _log.info("Buttons are not heard while a cell runs: %s", self.trouble, exc_info=error)


def _stream_of_messages(kernel: Any) -> Any:
    """Returns the stream that brings the main thread its messages."""
    if getattr(kernel, "_supports_kernel_subshells", False):  # ipykernel 7: a thread passes them on
        stream = kernel.shell_channel_thread.manager.get_shell_channel_to_subshell_pair(
            None
        ).to_stream
    else:
        stream = kernel.shell_stream
    if stream is None or stream._recv_callback is None or not callable(stream._run_callback):
        raise TypeError("the kernel's stream of messages is another one than expected")
    return stream


def _socket_for_replies(kernel: Any) -> Any:
    if getattr(kernel, "_supports_kernel_subshells", False):
        return kernel.shell_channel_thread.manager.get_subshell_to_shell_channel_socket(None)
    return kernel.shell_stream.socket


def _finish(coroutine: Any) -> None:
    """Runs a coroutine that waits for nothing; the kernel's event loop is taken by the cell."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("an answer of the kernel would have to be waited for")
