"""The server of the page in a cell: for this machine's browser, and for nobody else."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from colab_pix2pix.errors import OptionError
from colab_pix2pix.notebook.panels import live_page
from colab_pix2pix.storage import colab
from colab_pix2pix.web import page_server
from colab_pix2pix.web.page_server import PageServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageServer]:
    folder = tmp_path / "web"
    (folder / "js").mkdir(parents=True)
    (folder / "index.html").write_text("the page")
    (folder / "js" / "main.js").write_text("the script")
    (tmp_path / "private.txt").write_text("private")
    with PageServer(folder).start() as server:
        yield server


def get(server: PageServer, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        if value:
            connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    assert answer.getheader("Referrer-Policy") == "no-referrer"
    connection.close()
    return answer.status, content


def test_the_page_is_found_below_its_random_name_only(server: PageServer) -> None:
    assert get(server, server.path) == (200, b"the page")
    assert get(server, f"{server.path}js/main.js") == (200, b"the script")
    assert len(server.path) > 24
    for path in ("/", "/index.html", "/js/main.js", server.path[:-3], f"/x{server.path}"):
        assert get(server, path)[0] == 404
    with PageServer(server.folder) as other:
        assert other.path != server.path


@pytest.mark.parametrize("path", ["js/", "js", "../private.txt", "%2e%2e/private.txt", "gone/"])
def test_folders_are_not_listed_and_nothing_above_is_served(server: PageServer, path: str) -> None:
    status, content = get(server, f"{server.path}{path}")
    assert status in (301, 404)
    assert b"main.js" not in content and b"private" not in content.replace(b"private.txt", b"")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "evil.example"),
        ("Host", "evil.example:{port}"),
        ("Host", "127.0.0.1.evil.example:{port}"),
        ("Host", "127.0.0.1:1"),
        ("Host", "127.0.0.1"),
        ("Host", "127.0.0.1:x"),
        ("Host", "127.0.0.1@evil.example:{port}"),
        ("Host", ""),
        ("Origin", "https://evil.example"),
        ("Origin", "http://127.0.0.1:1"),
        ("Origin", "null"),
        ("Origin", "http://[::1"),
    ],
)
def test_a_foreign_host_or_origin_is_refused(
    server: PageServer, method: str, name: str, value: str
) -> None:
    headers = {name: value.format(port=server.server_port)}
    status, content = get(server, server.path, method, **headers)
    assert status == 403 and b"the page" not in content


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_its_own_names_are_served(server: PageServer, host: str) -> None:
    address = f"{host}:{server.server_port}"
    assert get(server, server.path, Host=address, Origin=f"http://{address}")[0] == 200


def test_behind_a_proxy_the_page_has_the_proxys_name(
    server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = "https://abc-8000-colab.googleusercontent.com"
    monkeypatch.setattr(colab, "port_address", lambda port: f"{public}/")
    monkeypatch.setitem(live_page._servers, server.folder, server)
    assert live_page._serve(server.folder) == f"{public}{server.path}"
    for host in ("abc-8000-colab.googleusercontent.com", "172.28.0.12:9000"):
        assert get(server, server.path, Host=host, Origin=public)[0] == 200
    assert get(server, server.path, Origin="https://evil.example")[0] == 403
    assert get(server, "/index.html")[0] == 404


def test_idle_connections_take_few_threads_and_end(
    server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_server._Handler, "timeout", 0.5)
    before = threading.active_count()
    idle = [socket.create_connection(("127.0.0.1", server.server_port)) for _ in range(200)]
    try:
        for connection in idle[:100]:
            connection.settimeout(20)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b"", "the server hangs up"
            assert threading.active_count() - before <= page_server._MOST_CONNECTIONS
        assert server.refused > 0
    finally:
        for connection in idle:
            connection.close()
    assert get(server, server.path) == (200, b"the page")


def test_its_address_leads_to_the_page_until_it_is_closed(server: PageServer) -> None:
    with urllib.request.urlopen(server.address, timeout=10) as answer:
        assert answer.read() == b"the page"
    server.close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.server_port), timeout=10)
    with PageServer(server.folder, server.server_port) as again:
        assert again.server_port == server.server_port


@pytest.mark.parametrize("port", [-1, 65536, 1 << 40])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: int) -> None:
    with pytest.raises(OptionError, match=f"port: received {port}, .*Expected a port from 1024"):
        PageServer(tmp_path, port)


def test_a_port_that_another_program_has_is_refused(server: PageServer) -> None:
    with pytest.raises(OptionError, match=r"in use.*0 takes a free one"):
        PageServer(server.folder, server.server_port)


def test_who_waits_goes_on_when_it_is_closed(server: PageServer) -> None:
    waiting = threading.Thread(target=server.wait)
    waiting.start()
    server.close()
    waiting.join(20)
    assert not waiting.is_alive()
