"""Servers that do not answer, each in its own way: real sockets, real errors of yt-dlp."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from colab_pix2pix.downloader.download import download
from colab_pix2pix.downloader.failures import KNOWN_FAILURES
from colab_pix2pix.errors import DownloadError
from support.servers import serving


@contextmanager
def listening(answer: Callable[[socket.socket], object]) -> Iterator[int]:
    """A port at which each who connects meets `answer`, and nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as connections:

        def serve() -> None:
            while True:
                try:
                    connection = connections.enter_context(server.accept()[0])
                except OSError:  # closed
                    return
                with suppress(OSError):  # who does not trust us hangs up
                    answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture
def unproven(tmp_path: Path) -> Callable[[socket.socket], object]:
    """Answers with a certificate that nobody has signed."""
    files = "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "certificate")
    options = "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"
    subprocess.run(["openssl", "req", "-x509", *options, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    return lambda connection: context.wrap_socket(connection, server_side=True)


def explained(link: str, folder: Path) -> DownloadError:
    """Returns what is raised for a link; nothing is left of the try."""
    with pytest.raises(DownloadError) as caught:
        download(link, folder / "here")
    assert not (folder / "here").exists()
    assert caught.value.what == f"{link} can't be fetched."
    return caught.value


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr("colab_pix2pix.downloader.ytdlp._SOCKET_TIMEOUT_SECONDS", 0.1)


def why(name: str) -> str:
    return next(known.why for known in KNOWN_FAILURES if known.name == name)


@pytest.mark.usefixtures("impatient")
def test_each_way_not_to_answer_is_explained(
    tmp_path: Path, unproven: Callable[[socket.socket], object]
) -> None:
    with listening(lambda connection: None) as port:
        silent = explained(f"http://127.0.0.1:{port}/x.mp4", tmp_path)
    with listening(lambda connection: (connection.recv(9999), connection.close())) as port:
        closing = explained(f"http://127.0.0.1:{port}/x.mp4", tmp_path)
    refusing = explained(f"http://127.0.0.1:{port}/x.mp4", tmp_path)
    with listening(unproven) as port:
        untrusted = explained(f"https://127.0.0.1:{port}/x.mp4", tmp_path)
    with serving(tmp_path) as server:
        plain = explained(server.link("x.mp4").replace("http:", "https:"), tmp_path)
    unknown = explained("https://no-such-server.invalid/x.mp4", tmp_path)
    assert silent.why == why("no answer")
    assert closing.why == why("broken off")
    assert refusing.why == why("refused connection")
    assert untrusted.why == why("certificate")
    assert plain.why == why("no https")
    assert unknown.why == why("unknown server")


@pytest.mark.parametrize(
    "link", [f"https://{'a' * 70}.com/x.mp4", "https://exa mple.com/x.mp4", "https://a..b/x.mp4"]
)
def test_a_name_that_no_server_can_have_is_explained(link: str, tmp_path: Path) -> None:
    assert explained(link, tmp_path).why == why("no server's name")
