"""A small web server on this machine that serves files, and can behave badly."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TYPES = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".html": "text/html",
    ".mkv": "video/x-matroska",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".jpg": "image/jpeg",
}


@dataclass
class Behaviour:
    """How a server answers. Change it while it runs.

    Attributes:
        ranges: True when a part of a file can be asked for.
        status: An error to answer every request with, or 0.
        redirect: Where to send every request instead, or "".
        redirected_path: The only path that is sent there; "" is every one.
        chunk_seconds: How long to wait after each 64 KiB.
        drop_after: After so many bytes of an answer the connection is closed; None is never.
        drops: How many answers are dropped, then the server is well again.
    """

    ranges: bool = True
    status: int = 0
    redirect: str = ""
    redirected_path: str = ""
    chunk_seconds: float = 0.0
    drop_after: int | None = None
    drops: int = 1


@dataclass
class Server:
    """A running server: its address, how it answers, and what it was asked.

    Attributes:
        address: Begin of all its links.
        behaviour: How it answers.
        requests: Method, path and range of each request.
        cookies: The cookies that were sent.
        authorizations: The names and passwords that were sent, as HTTP encodes them.
    """

    address: str
    behaviour: Behaviour
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    def link(self, name: str) -> str:
        """Returns the link of a file in the served folder."""
        return f"{self.address}/{name}"


@contextlib.contextmanager
def serving(folder: Path, behaviour: Behaviour | None = None) -> Iterator[Server]:
    """Serves a folder on 127.0.0.1 and a free port while the block runs."""
    behaviour = behaviour or Behaviour()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folder, behaviour))
    server.daemon_threads = True
    described = Server(f"http://127.0.0.1:{server.server_address[1]}", behaviour)
    server.described = described  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield described
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(folder: Path, behaviour: Behaviour) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            with contextlib.suppress(ConnectionError):
                super().handle_one_request()

        def log_message(self, format: str, *args: object) -> None:
            """Tests read `Server.requests` instead."""

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            asked = self.headers.get("Range", "")
            described: Server = self.server.described  # type: ignore[attr-defined]
            described.requests.append((self.command, self.path, asked))
            described.cookies += self.headers.get_all("Cookie", [])
            described.authorizations += self.headers.get_all("Authorization", [])
            redirected = self.path == (behaviour.redirected_path or self.path)
            if redirected and behaviour.redirect and self.path not in behaviour.redirect:
                return self._plain(302, {"Location": behaviour.redirect})
            file = folder / self.path.split("?")[0].lstrip("/")
            if behaviour.status or not file.is_file():
                return self._plain(behaviour.status or 404, {})
            content = file.read_bytes()
            span = re.fullmatch(r"bytes=(\d+)-(\d*)", asked) if behaviour.ranges else None
            first = int(span[1]) if span else 0
            last = int(span[2]) if span and span[2] else len(content) - 1
            if first >= len(content):
                return self._plain(416, {"Content-Range": f"bytes */{len(content)}"})
            self.send_response(206 if span else 200)
            self.send_header("Content-Type", TYPES.get(file.suffix, "application/octet-stream"))
            self.send_header("Content-Length", str(last + 1 - first))
            if behaviour.ranges:
                self.send_header("Accept-Ranges", "bytes")
            if span:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
            self.end_headers()
            if with_body:
                self._send(content[first : last + 1])

        def _send(self, content: bytes) -> None:
            drop = behaviour.drop_after if behaviour.drops > 0 else None
            if drop is not None and len(content) > drop:
                behaviour.drops -= 1
                content, self.close_connection = content[:drop], True
            for start in range(0, len(content), 1 << 16):
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(content[start : start + (1 << 16)])
                time.sleep(behaviour.chunk_seconds)

        def _plain(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler


def write_page(
    folder: Path,
    server: Server,
    picture: str,
    *,
    title: str = "Roses & <b>bees</b>",
    video: str = "clip.mp4",
) -> str:
    """Writes a page, as sites describe their videos to others; returns its link."""
    metadata = {"title": title, "video": server.link(video), "image": server.link(picture)}
    metas = "".join(
        f'<meta property="og:{name}" content="{text.replace("<", "&lt;")}">'
        for name, text in metadata.items()
    )
    (folder / "page.html").write_text(f"<html><head>{metas}</head></html>")
    return server.link("page.html")
