"""Serves a folder of files to this machine's browser, and to nobody else."""

from __future__ import annotations

import http.server
import secrets
import socket
import threading
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_MOST_CONNECTIONS = 24  # a browser opens six to one server
_IDLE_SECONDS = 10.0
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class PageServer(http.server.ThreadingHTTPServer):
    """A web server on a free port of this machine, for as long as the kernel lives.

    Its files are found below a random name only, so that other users of the machine and other pages
    in the browser can't guess them. It lists no folders and refuses requests that other sites send
    (a foreign `Origin`) or that reach it under a foreign name (`Host`).

    In Colab `Host` is not looked at: Google's proxy, which lets the signed-in owner of the notebook
    through and nobody else, asks for pages under names that it documents nowhere (the public ones
    have ended in `colab.googleusercontent.com` and `colab.dev`), and a list of them would shut the
    owner out when they change. What a check of `Host` keeps out, a site that has its own name point
    to this machine, can't know the random name: that is what protects there, with `Origin`.

    Args:
        folder: What to serve.

    Attributes:
        path: What follows the server in the address of the folder: `/`, the random name and `/`.
        hosts: The names under which it may be asked for, without ports.
        proxied: Whether another server passes requests on, as in Colab: that one knows who asks,
            and may write any name into `Host`.
        refused: How many connections were turned away because too many were open.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.path = f"/{secrets.token_urlsafe(24)}/"
        self.hosts = set(_LOOPBACK)
        self.proxied = False
        self.refused = 0
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)

    def start(self) -> None:
        """Begins to serve, in a thread of its own."""
        threading.Thread(target=self.serve_forever, name="page", daemon=True).start()

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
