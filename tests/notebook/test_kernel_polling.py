"""Clicks during a cell: real kernels of both worlds, spoken to as a browser does."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import zmq
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager
from zmq.eventloop.zmqstream import ZMQStream

from colab_pix2pix.notebook.panels import kernel_polling
from colab_pix2pix.notebook.panels.kernel_polling import Polling
from support import CHECKOUT

pytestmark = pytest.mark.slow  # one of the worlds is set up by `make test`

PREPARED = f"""
import sys, time
sys.path.insert(0, {str(CHECKOUT)!r})
import ipywidgets as widgets
from colab_pix2pix.notebook.panels.kernel_polling import Polling
button, other, order = widgets.Button(), widgets.Button(), []
button.on_click(lambda clicked: order.append("click"))
other.on_click(lambda clicked: order.append("other"))
def busy(seconds, clicks=-1):
    polling, ends = Polling([button]), time.monotonic() + seconds
    while time.monotonic() < ends and order.count("click") != clicks and not polling.trouble:
        polling.poll()
        time.sleep(0.05)
    order.append("end")
    polling.close()
    return polling.trouble
"""


@pytest.fixture
def manager(world: str) -> Iterator[KernelManager]:
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.argv[0] = world
    manager.start_kernel()
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.fixture
def client(manager: KernelManager) -> Iterator[BlockingKernelClient]:
    """A kernel with a button, and `busy`, which works for some seconds or until some clicks."""
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    assert client.execute_interactive(PREPARED, timeout=60)["content"]["status"] == "ok"
    yield client
    client.stop_channels()


def start(client: BlockingKernelClient, code: str) -> str:
    """Starts a cell and waits until it runs; returns the id of the request."""
    request = client.execute(code)
    while (message := client.get_iopub_msg(timeout=30))["msg_type"] != "execute_input" or (
        message["parent_header"]["msg_id"] != request
    ):
        pass
    time.sleep(0.2)
    return request


def send(client: BlockingKernelClient, kind: str, content: dict[str, Any], **more: Any) -> str:
    message = client.session.msg(kind, content, **more)
    client.shell_channel.send(message)
    return message["header"]["msg_id"]


def pressed(comm: str) -> dict[str, Any]:
    return {"comm_id": comm, "data": {"method": "custom", "content": {"event": "click"}}}


def value(client: BlockingKernelClient, expression: str) -> Any:
    """Returns what an expression is worth in the kernel; asks again while it gives cells up."""
    reply: dict[str, Any] = {"content": {"status": "aborted"}}
    while reply["content"]["status"] == "aborted":
        reply = reply_to(client, client.execute("", user_expressions={"it": f"{expression}"}))
    return eval(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])


def reply_to(client: BlockingKernelClient, request: str) -> dict[str, Any]:
    while True:
        reply = client.get_shell_msg(timeout=30)
        if reply["parent_header"]["msg_id"] == request:
            return reply


def test_a_click_is_heard_while_the_cell_runs(client: BlockingKernelClient) -> None:
    comm = value(client, "button.comm.comm_id")
    cell = start(client, "trouble = busy(20, clicks=1)")
    send(client, "comm_msg", pressed(comm))
    assert reply_to(client, cell)["content"]["status"] == "ok"
    assert value(client, "trouble") == ""
    assert value(client, "order") == ["click", "end"]


def test_clicks_on_other_widgets_wait_for_the_end_of_the_cell(
    client: BlockingKernelClient,
) -> None:
    comm = value(client, "other.comm.comm_id")
    start(client, "busy(1)")
    send(client, "comm_msg", pressed(comm))
    assert value(client, "order") == ["end", "other"]


def test_a_page_that_is_loaded_again_is_answered_while_the_cell_runs(
    client: BlockingKernelClient,
) -> None:
    comm = value(client, "button.comm.comm_id")
    cell = start(client, "busy(20, clicks=1); print('the end')")
    replies = []
    for kind in ("kernel_info_request", "comm_info_request"):
        replies.append(reply_to(client, send(client, kind, {})))
    asked = send(client, "comm_msg", {"comm_id": comm, "data": {"method": "request_state"}})
    while (message := client.get_iopub_msg(timeout=30))["msg_type"] != "comm_msg":
        pass
    assert message["content"]["data"]["state"]["_model_name"] == "ButtonModel"
    assert message["parent_header"]["msg_id"] == asked  # a page waits for no other (ipywidgets 8)
    assert replies[0]["content"]["implementation"] == "ipython"
    assert comm in replies[1]["content"]["comms"]
    send(client, "comm_msg", pressed(comm))
    assert reply_to(client, cell)["content"]["status"] == "ok"  # the cell's comes last
    while (message := client.get_iopub_msg(timeout=30))["msg_type"] != "stream":
        pass
    assert message["parent_header"]["msg_id"] == cell  # what it prints is still its own


def ask_for_all_widgets(client: BlockingKernelClient) -> None:
    """Sends what a page of ipywidgets 7.7 or 8 does first of all."""
    opening = {"comm_id": "all", "target_name": "jupyter.widget.control", "data": {}}
    send(client, "comm_open", opening, metadata={"version": "1.0.0"})
    send(client, "comm_msg", {"comm_id": "all", "data": {"method": "request_states"}})


def all_widgets(client: BlockingKernelClient) -> dict[str, Any]:
    while True:
        message = client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == "all":
            return message["content"]["data"]["states"]


def test_a_page_gets_all_widgets_when_it_can_take_them(
    client: BlockingKernelClient, world: str
) -> None:
    comm = value(client, "button.comm.comm_id")
    cell = start(client, "busy(20, clicks=1)")
    began = time.monotonic()
    ask_for_all_widgets(client)
    assert comm in all_widgets(client)
    # JupyterLab's outputs look for their widgets for two seconds, and asks otherwise after four.
    assert world != sys.executable or time.monotonic() - began > 2.1
    send(client, "comm_msg", pressed(comm))
    assert reply_to(client, cell)["content"]["status"] == "ok"


def test_a_page_gets_all_widgets_from_the_kernel_where_the_cell_ends_before(
    client: BlockingKernelClient,
) -> None:
    comm = value(client, "button.comm.comm_id")
    start(client, "busy(1)")
    ask_for_all_widgets(client)
    assert comm in all_widgets(client)
    assert value(client, "order") == ["end"]


def test_the_page_hears_that_the_click_is_done_and_the_cell_still_runs(
    client: BlockingKernelClient,
) -> None:
    comm = value(client, "button.comm.comm_id")
    cell = start(client, "busy(20, clicks=1)")
    request = send(client, "comm_msg", pressed(comm))
    states = []
    while ("idle", cell) not in states:
        message = client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "status":
            states.append(
                (message["content"]["execution_state"], message["parent_header"]["msg_id"])
            )
    since_click = states[states.index(("busy", request)) :]
    assert since_click == [("busy", request), ("idle", request), ("busy", cell), ("idle", cell)]


def test_cells_that_wait_run_afterwards_in_their_order(client: BlockingKernelClient) -> None:
    start(client, "busy(1)")
    waiting = [client.execute(f"order.append({n})") for n in range(12)]
    assert all(reply_to(client, request)["content"]["status"] == "ok" for request in waiting)
    assert value(client, "order") == ["end", *range(12)]


def test_cells_that_wait_are_given_up_when_the_cell_fails(client: BlockingKernelClient) -> None:
    comm = value(client, "button.comm.comm_id")
    failing = start(client, "busy(20, clicks=1); 1 / 0")
    waiting = client.execute("order.append('never')")
    send(client, "comm_msg", pressed(comm))
    assert reply_to(client, failing)["content"]["status"] == "error"
    assert reply_to(client, waiting)["content"]["status"] == "aborted"
    assert value(client, "order") == ["click", "end"]


def test_a_message_that_is_not_understood_turns_it_off_and_is_not_lost(
    client: BlockingKernelClient,
) -> None:
    cell = start(client, "trouble = busy(20)")
    send(client, "comm_msg", {"data": None})
    waiting = client.execute("order.append('after')")
    assert reply_to(client, cell)["content"]["status"] == "ok"
    assert reply_to(client, waiting)["content"]["status"] == "ok"
    assert value(client, "order") == ["end", "after"]
    assert "AttributeError" in value(client, "trouble")


def test_a_page_that_goes_away_holds_nothing_up(
    client: BlockingKernelClient, manager: KernelManager
) -> None:
    comm = value(client, "button.comm.comm_id")
    start(client, "busy(2)")
    for _ in range(50):
        send(client, "comm_msg", pressed(comm))
    client.stop_channels()
    another = manager.blocking_client()
    another.start_channels()
    another.wait_for_ready(timeout=20)
    *clicks, last = value(another, "order")
    assert set(clicks) == {"click"} and last == "end"  # some may not have left the page any more
    another.stop_channels()


def test_without_a_kernel_it_is_off_and_tells_why() -> None:
    polling = Polling([])
    polling.poll()
    assert polling.trouble == "There is no kernel."


def test_another_kind_of_kernel_turns_it_off() -> None:
    polling = Polling([], SimpleNamespace())
    polling.poll()
    assert "AttributeError" in polling.trouble and "shell_stream" in polling.trouble


def test_a_connection_that_is_closed_turns_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(step=kernel_polling.EVERY_SECONDS)
    monkeypatch.setattr(kernel_polling.time, "monotonic", lambda: next(clock))
    stream = ZMQStream(zmq.Context.instance().socket(zmq.ROUTER))
    stream.on_recv(lambda frames: None)
    polling = Polling([], SimpleNamespace(shell_stream=stream))
    polling.poll()
    assert polling.trouble == ""
    socket = stream.socket
    socket.close()
    polling.poll()
    trouble = polling.trouble
    assert "ZMQError" in trouble or "AttributeError" in trouble
    polling.poll()
    assert polling.trouble == trouble, "it stays off"
