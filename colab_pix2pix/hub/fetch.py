"""Weights of a model on the Hub, on this machine."""

from __future__ import annotations

from pathlib import Path

from ..errors import HubError
from ..events import Note, OnEvent, ignore
from ..filenames import typed_path
from ..languages import _
from .client import PREFIX, WEIGHTS, answering, library, repository_name


def weights_path(text: str, option: str, *, on_event: OnEvent = ignore) -> Path:
    """Returns the path that an option names: of this machine, or out of the Hub.

    Only arrays of numbers are fetched (safetensors), nothing that runs.

    Args:
        text: A path, or "hub:owner/name".
        option: The name of the option, for errors.
        on_event: Told a `Note` before something is fetched.

    Raises:
        HubError: the Hub has no such model, does not answer, or the model has no such weights.
        OptionError: the path is none.
    """
    if not text.startswith(PREFIX):
        return typed_path(text, option)
    name = repository_name(text)
    hub = library()
    on_event(Note(message=_("Fetching {name} from the Hub, unless it is here already.", name=name)))
    with answering(name):
        try:
            return Path(hub.hf_hub_download(name, WEIGHTS, library_name="colab_pix2pix"))
        except hub.errors.RemoteEntryNotFoundError as error:
            raise HubError(
                _("{name} has no {file}.", name=name, file=WEIGHTS),
                why=_("Expected a model that `colab-pix2pix publish` has put there."),
                fix=_("Choose another model."),
            ) from error
