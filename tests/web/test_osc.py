"""OSC over a WebSocket: messages move the sliders."""

from __future__ import annotations

import json
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from colab_pix2pix.web import building
from support.osc_server import OscServer, osc_bundle, osc_message, osc_string
from support.pages import Visiting

pytestmark = pytest.mark.slow

DOCS = Path(building.__file__).parents[2] / "docs/guide/live-page.md"


@pytest.fixture
def server() -> Iterator[OscServer]:
    running = OscServer()
    yield running
    running.close()


@pytest.mark.parametrize("form", ["folder", "single"])
def test_osc_moves_the_sliders(
    form: str, address: str, single: str, visiting: Visiting, server: OscServer
) -> None:
    visit = visiting(camera=None)
    page = opened(visit.open(address if form == "folder" else single))
    page.get_by_label("OSC from").fill(server.address)
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("#osc-state")).to_have_text(f"Connected to {server.address}.")
    nested = osc_bundle([osc_message("/blur", 3), osc_bundle([osc_message("/smooth", 0.5)])])
    sent: list[tuple[str | bytes, str, str]] = [
        (osc_message("/blur", 12), "blur", "12"),
        (osc_message("/page/2/contrast", 1.5), "contrast", "1.5"),
        (osc_message("/blur", 1e9), "blur", "64"),
        (nested, "smooth", "0.5"),
        (json.dumps({"address": "/blur", "args": [7]}), "blur", "7"),
        (json.dumps([{"address": "/blur", "args": [{"type": "f", "value": 8.5}]}]), "blur", "8.5"),
        (json.dumps({"contrast": 0.5, "blur": 20}), "contrast", "0.5"),
        (osc_message("/feedback", 0.25), "feedback", "0.25"),
    ]
    for message, name, value in sent:
        server.send(message)
        expect(page.locator(f"#{name}")).to_have_value(value)
    server.send(json.dumps({"feedback": 0}))
    expect(page.get_by_label("Feedback loop")).not_to_be_checked()
    assert server.received == []  # the page tells nothing
    page.get_by_role("button", name="Disconnect").click()
    server.wait_for_pages(0)
    expect(page.locator("#osc-state")).to_have_text("Not connected.")
    page.wait_for_function("!location.hash.includes('osc')")


def test_what_is_no_message_is_said_and_changes_nothing(
    address: str, visiting: Visiting, server: OscServer
) -> None:
    visit = visiting(camera=None)
    page = opened(visit.open(f"{address}#osc={server.address}&blur=5"))
    server.wait_for_pages()
    state = page.locator("#osc-state")
    for message, words in [
        (osc_message("/volume", 1.0), "/volume is none of /blur, /contrast"),
        (osc_message("/blur", "high"), "/blur comes without a number"),
        (osc_message("/blur"), "/blur comes without a number"),
        (osc_message("/__proto__", 1.0), "/__proto__ is none of"),
        (osc_string("/blur") + osc_string(",f"), "Connected; a message could not be read: "),
        (osc_bundle([osc_message("/blur", 9)])[:-2], "a part of the bundle is cut off"),
        (osc_string("/blur") + osc_string(",Q") + bytes(4), "the type Q is unknown"),
        (b"\xff\x00\x01", "begins with /"),
        (b"", "a text has no end"),
        ("{", "JSON"),
        ("7", "JSON without an address"),
        ('{"blur": null}', "blur comes without a number"),
    ]:
        server.send(message)
        expect(state).to_contain_text(words)
        expect(state).to_contain_text("Connected")
    assert page.locator("#blur").input_value() == "5"
    server.send(osc_message("/blur", 9))
    expect(page.locator("#blur")).to_have_value("9")


def test_it_connects_again_when_the_server_was_gone(address: str, visiting: Visiting) -> None:
    first = OscServer()
    visit = visiting(camera=None)
    page = opened(visit.open(f"{address}#osc={first.address}"))
    first.wait_for_pages()
    first.close()
    expect(page.locator("#osc-state")).to_contain_text("it is tried again")
    second = OscServer(first.port)
    try:
        second.wait_for_pages()
        second.send(osc_message("/blur", 33))
        expect(page.locator("#blur")).to_have_value("33")
    finally:
        second.close()
    visit.errors.clear()  # the browser tells of each connection that failed


@pytest.mark.parametrize("typed", ["http://localhost:1", "ws://", "ws://local host", ""])
def test_an_address_that_is_none_is_said_to_be(
    address: str, visiting: Visiting, typed: str
) -> None:
    visit = visiting(camera=None)
    page = opened(visit.open(address))
    page.get_by_label("OSC from").fill(typed)
    page.get_by_label("OSC from").press("Enter")
    assert "ws" in visit.notice() or "host" in visit.notice()
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_visible()
    expect(page.locator("#osc-state")).not_to_contain_text("Connected")


def test_every_type_of_value_is_read(address: str, visiting: Visiting) -> None:
    tags = ",ifdhtcrmsSTFNIb[i]f"
    values = struct.pack(">ifdqQ", -7, 0.5, 0.25, -(2**40), 1) + b"\0\0\0A" + bytes(4) + bytes(4)
    values += osc_string("clouds") + osc_string("sky") + struct.pack(">i", 5) + b"bytes\0\0\0"
    values += struct.pack(">if", 3, 1.5)
    packet = osc_string("/all") + osc_string(tags) + values
    page = visiting(camera=None).open(address)
    [message] = decoded(page, packet)
    assert message["address"] == "/all"
    expected = [-7, 0.5, 0.25, -(2**40), 1, 65, 0, 0, "clouds", "sky", True, False, None]
    assert message["args"] == [*expected, "endless", None, 3, 1.5]
    for end in range(0, len(packet) - 1, 4):  # cut off anywhere, it is refused or shorter
        result = decoded(page, packet[:end])
        assert result == "RangeError" or result[0]["args"] == []


def test_many_messages_change_the_page_once_a_frame(
    address: str, visiting: Visiting, server: OscServer
) -> None:
    visit = visiting(camera=None)
    page = opened(visit.open(f"{address}#osc={server.address}"))
    server.wait_for_pages()
    page.evaluate(
        """window.moved = 0; new MutationObserver(() => window.moved++).observe(
          document.querySelector('output[for=blur]'), { childList: true })"""
    )
    for number in range(2000):
        server.send(osc_message("/blur", 1 + number % 60))
    server.send(osc_message("/blur", 50))
    expect(page.locator("#blur")).to_have_value("50")
    assert 1 <= page.evaluate("window.moved") < 1000


def test_the_bridge_of_the_docs_passes_packets_on(
    address: str, visiting: Visiting, tmp_path: Path
) -> None:
    [script] = re.findall(r"```py\n(# osc_bridge\.py.*?)```", DOCS.read_text(), re.DOTALL)
    (tmp_path / "osc_bridge.py").write_text(script)
    with socket.socket() as web, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for reserved in (web, udp):
            reserved.bind(("127.0.0.1", 0))
        web_port, udp_port = web.getsockname()[1], udp.getsockname()[1]
    command = [sys.executable, "osc_bridge.py", str(udp_port), str(web_port)]
    bridge = subprocess.Popen(command, cwd=tmp_path)
    try:
        visit = visiting(camera=None)
        page = opened(visit.open(f"{address}#osc=ws://127.0.0.1:{web_port}"))
        expect(page.locator("#osc-state")).to_contain_text("Connected", timeout=20_000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(osc_message("/blur", 17), ("127.0.0.1", udp_port))
        expect(page.locator("#blur")).to_have_value("17")
        visit.errors.clear()  # of tries before the bridge was there
    finally:
        bridge.terminate()
        bridge.wait(10)


def opened(page: Page) -> Page:
    """Opens the part of the page that this is about."""
    page.get_by_text("Control from outside").click()
    return page


def decoded(page: Page, packet: bytes) -> Any:
    """Returns the messages that the page reads out of a packet, or the name of its error."""
    return page.evaluate(
        """async bytes => {
          const { decodeOsc } = await import('./js/remote/osc_packet.js');
          try { return decodeOsc(new Uint8Array(bytes)).map(({ address, args }) => ({ address,
            args: args.map(value => value === Infinity ? 'endless' : value) })); }
          catch (error) { return error.name; } }""",
        list(packet),
    )
