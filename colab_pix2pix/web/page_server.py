"""Serves a folder of files to this machine's browser, and to nobody else."""

from __future__ import annotations

import http.server
import secrets
import socket
import threading
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from ..errors import OptionError
from ..languages import _

_MOST_CONNECTIONS = 24  # a browser opens six to one server
_IDLE_SECONDS = 10.0
_LOOK_SECONDS = 0.5  # Windows hears no Ctrl-C while a thread is waited for
_HERE = "127.0.0.1"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class PageServer(http.server.ThreadingHTTPServer):
    """A web server on a port of this machine, until it is closed or the process ends.

    Its files are found below a random name only, so that other users of the machine and other pages
    in the browser can't guess them. It lists no folders and refuses requests that other sites send
    (a foreign `Origin`) or that reach it under a foreign name (`Host`).

    In Colab `Host` is not looked at: Google's proxy, which lets the signed-in owner of the notebook
    through and nobody else, asks for pages under names that it documents nowhere (the public ones
    have ended in `colab.googleusercontent.com` and `colab.dev`), and a list of them would shut the
    owner out when they change. What a check of `Host` keeps out, a site that has its own name point
    to this machine, can't know the random name: that is what protects there, with `Origin`.

    As a context manager it is closed at the end of the block.

    Args:
        folder: What to serve.
        port: The port to take; 0 takes a free one.

    Raises:
        OptionError: the port is taken, is none, or is not for this user.

    Attributes:
        path: What follows the server in the address of the folder: `/`, the random name and `/`.
        hosts: The names under which it may be asked for, without ports.
        proxied: Whether another server passes requests on, as in Colab: that one knows who asks,
            and may write any name into `Host`.
        refused: How many connections were turned away because too many were open.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, port: int = 0) -> None:
        try:
            super().__init__((_HERE, port), _Handler)
        except (OSError, OverflowError) as error:
            raise OptionError(
                _(
                    "port: received {port}, where nothing can be served: {error}.",
                    port=port,
                    error=error,
                ),
                why=_("Expected a port from 1024 to 65535 that no other program has, or 0."),
                fix=_("0 takes a free one by itself."),
            ) from error
        self.folder = folder
        self.path = f"/{secrets.token_urlsafe(24)}/"
        self.hosts = set(_LOOPBACK)
        self.proxied = False
        self.refused = 0
        self._thread: threading.Thread | None = None
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)

    @property
    def address(self) -> str:
        """Where a browser of this machine finds the folder's `index.html`."""
        return f"http://{_HERE}:{self.server_port}{self.path}"

    def start(self) -> Self:
        """Begins to serve, in a thread of its own; returns itself."""
        self._thread = threading.Thread(target=self.serve_forever, name="page", daemon=True)
        self._thread.start()
        return self

    def wait(self) -> None:
        """Waits until it is closed, or interrupted, as Ctrl-C does: then it is closed."""
        try:
            while self._thread and self._thread.is_alive():
                self._thread.join(_LOOK_SECONDS)
        except KeyboardInterrupt:
            self.close()

    def close(self) -> None:
        """Ends it; the port is free again."""
        if self._thread:
            self.shutdown()
        self.server_close()

    def __exit__(self, *exception: object) -> None:
        self.close()

    def allow(self, address: str) -> None:
        """Lets the server be asked for under the name in its public address."""
        name = urlsplit(address).hostname
        if name and name not in self.hosts:
            self.hosts.add(name)
            self.proxied = True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answers in a thread; turns a connection away while too many are open."""
        if not self._free.acquire(blocking=False):
            self.refused += 1
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answers one connection, then makes room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: a browser that hangs up is no error, and would fill the cell."""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and always the newest: the model may have been trained further."""

    server: PageServer
    timeout = _IDLE_SECONDS

    def __init__(self, request: socket.socket, client_address: Any, server: PageServer) -> None:
        super().__init__(request, client_address, server, directory=str(server.folder))

    def send_head(self) -> Any:
        prefix = self.server.path
        if not self._is_ours():
            return self.send_error(HTTPStatus.FORBIDDEN)
        if not secrets.compare_digest(self.path[: len(prefix)].encode(), prefix.encode()):
            return self.send_error(HTTPStatus.NOT_FOUND)
        self.path = f"/{self.path[len(prefix) :]}"
        return super().send_head()

    def list_directory(self, path: Any) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Referrer-Policy", "no-referrer")  # the address is a secret
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing: a line for each file would fill the cell."""

    def _is_ours(self) -> bool:
        """Returns whether a request names this server, and comes from its page or from no page."""
        hosts = self.headers.get_all("Host", [])
        origins = self.headers.get_all("Origin", [])
        named = [] if self.server.proxied else [f"http://{host}" for host in hosts]
        return len(hosts) == 1 and all(self._names_us(address) for address in named + origins)

    def _names_us(self, address: str) -> bool:
        try:
            url = urlsplit(address)
            port = url.port
        except ValueError:
            return False
        name = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
        if name not in self.server.hosts:
            return False
        return name not in _LOOPBACK or port == self.server.server_port
