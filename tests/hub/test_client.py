"""Names on the Hub, and what goes wrong on the way to it."""

from __future__ import annotations

import sys

import httpx
import pytest
from huggingface_hub.errors import HfHubHTTPError

from colab_pix2pix.errors import HubError
from colab_pix2pix.hub import fetch
from colab_pix2pix.hub.client import answering, library, repository_name


def test_what_happens_on_the_way_is_one_sentence_and_a_fault_of_the_program_is_none() -> None:
    response = httpx.Response(503, request=httpx.Request("POST", "http://127.0.0.1/"))
    for cause, told in (
        (httpx.ConnectError("Name or service not known"), "can't be reached. .*Name or service"),
        (OSError(101, "Network is unreachable"), "can't be reached. .*Network is unreachable"),
        (HfHubHTTPError("busy", response=response), "The Hub answered 503. .*Run it again"),
    ):
        with pytest.raises(HubError, match=told), answering("ada/flowers"):
            raise RuntimeError("Error while uploading") from cause
        with pytest.raises(HubError, match=told), answering("ada/flowers"):
            raise cause
    with pytest.raises(RuntimeError, match="a bug"), answering("ada/flowers"):
        raise RuntimeError("a bug")


@pytest.mark.parametrize("name", ["ada/flowers", "hub:ada/flowers", "a-team/x_1.2"])
def test_a_name_is_owner_and_model(name: str) -> None:
    assert repository_name(name) == name.removeprefix("hub:")


@pytest.mark.parametrize("name", ["", "flowers", "a/b/c", "ada/", "/flowers", "ada/a b"])
def test_what_is_no_name_is_told(name: str) -> None:
    with pytest.raises(HubError, match="Expected owner/name, such as ada/flowers"):
        repository_name(name)


def test_a_path_is_no_matter_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert str(fetch.weights_path("runs/flowers", "init_from")) == "runs/flowers"
    with pytest.raises(HubError, match=r"pip install 'colab_pix2pix\[hub\]'"):
        library()
