"""A real WebSocket server that sends OSC to the pages that connect to it, and OSC's own bytes."""

from __future__ import annotations

import asyncio
import struct
import threading
import time
from collections.abc import Iterable

import tornado.httpserver
import tornado.web
import tornado.websocket


class OscServer:
    """Runs in a thread, on 127.0.0.1 and a free port (or the one that is given), until `close`."""

    def __init__(self, port: int = 0) -> None:
        self.pages: set[tornado.websocket.WebSocketHandler] = set()
        self.received: list[str | bytes] = []
        self._started = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(port),))
        self._thread.start()
        assert self._started.wait(10)

    @property
    def address(self) -> str:
        """What a page connects to."""
        return f"ws://127.0.0.1:{self.port}"

    def send(self, message: str | bytes) -> None:
        """Sends a text or bytes to every page that is connected."""

        def write() -> None:
            for page in self.pages:
                page.write_message(message, binary=isinstance(message, bytes))

        self._loop.call_soon_threadsafe(write)

    def wait_for_pages(self, count: int = 1) -> None:
        """Waits until so many pages are connected."""
        deadline = time.monotonic() + 20
        while len(self.pages) != count:
            assert time.monotonic() < deadline, f"{len(self.pages)} pages, not {count}"
            time.sleep(0.02)

    def close(self) -> None:
        """Ends the server and its connections."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _serve(self, port: int) -> None:
        pages, received = self.pages, self.received

        class Page(tornado.websocket.WebSocketHandler):
            def check_origin(self, origin: str) -> bool:
                return True

            def open(self) -> None:
                pages.add(self)

            def on_message(self, message: str | bytes) -> None:
                received.append(message)

            def on_close(self) -> None:
                pages.discard(self)

        server = tornado.httpserver.HTTPServer(tornado.web.Application([("/.*", Page)]))
        server.listen(port, "127.0.0.1")
        (listening, *_) = server._sockets.values()
        self.port = listening.getsockname()[1]
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._started.set()
        await self._stop.wait()
        server.stop()
        for page in list(pages):
            page.close()
        await server.close_all_connections()


def osc_message(address: str, *values: float | int | str | bool) -> bytes:
    """Returns an OSC message; whole numbers are int32, others float32."""
    tags, packed = ",", b""
    for value in values:
        if isinstance(value, bool):
            tags += "T" if value else "F"
        elif isinstance(value, int):
            tags, packed = tags + "i", packed + struct.pack(">i", value)
        elif isinstance(value, float):
            tags, packed = tags + "f", packed + struct.pack(">f", value)
        else:
            tags, packed = tags + "s", packed + osc_string(value)
    return osc_string(address) + osc_string(tags) + packed


def osc_bundle(parts: Iterable[bytes]) -> bytes:
    """Returns messages or bundles as one bundle that is due at once."""
    sized = b"".join(struct.pack(">i", len(part)) + part for part in parts)
    return osc_string("#bundle") + struct.pack(">Q", 1) + sized


def osc_string(text: str) -> bytes:
    """Returns a text as OSC writes it: with a zero at its end, filled up to four bytes."""
    encoded = text.encode() + b"\0"
    return encoded + bytes(-len(encoded) % 4)
