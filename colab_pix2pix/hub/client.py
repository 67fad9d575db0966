"""A connection to the Hub: its key, names of models, and what goes wrong on the way.

The key is read where huggingface_hub looks for it (Colab's secrets and the environment, as
`HF_TOKEN`, or what `hf auth login` has left), and never stored or shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import HubError
from ..filenames import shown
from ..languages import N_, _

PREFIX = "hub:"
WEIGHTS = "generator.safetensors"
_KEYS = "huggingface.co/settings/tokens"
_AGAIN = N_("Run it again when it answers: what has arrived there is not sent once more.")
_MEANINGS = {
    401: (N_("The Hub does not know this key."), N_("Make a new one at {keys}.")),
    403: (
        N_("The Hub does not let this key write there."),
        N_("Publish under your own name, or make a key with the right to write at {keys}."),
    ),
    404: (N_("The Hub has no such model, or it is private."), N_("Look for a typing error.")),
    429: (
        N_("The Hub had too many requests from here."),
        N_("Wait some minutes, then run it again."),
    ),
}


def library() -> Any:
    """Returns huggingface_hub, quiet.

    Raises:
        HubError: it is not installed.
    """
    try:
        import huggingface_hub
        import huggingface_hub.errors
        import huggingface_hub.utils
    except ImportError as error:
        raise HubError(
            _("The package huggingface_hub is not installed."),
            why=_("It speaks with the Hub; Colab has it."),
            fix="pip install 'colab_pix2pix[hub]'",
        ) from error
    hub: Any = huggingface_hub
    hub.utils.disable_progress_bars()
    return hub


def repository_name(text: str) -> str:
    """Returns the name of a model as the Hub takes it.

    Raises:
        HubError: it is none.
    """
    name = text.removeprefix(PREFIX)
    hub = library()
    problem = HubError(
        _("Received {value} as the name of a model on the Hub.", value=shown(text)),
        why=_("Expected owner/name, such as ada/flowers: at most 96 letters, digits, - _ and ."),
    )
    try:
        hub.utils.validate_repo_id(name)
    except hub.errors.HFValidationError as error:
        raise problem from error
    if name.count("/") != 1:
        raise problem
    return name


def api_to_write(name: str) -> Any:
    """Returns huggingface_hub's client with a key that may write there.

    Args:
        name: owner/name of what is to be written.

    Raises:
        HubError: there is no key, or it is another owner's.
    """
    hub = library()
    key = hub.get_token()
    if not key:
        raise HubError(
            _("There is no key for the Hub."),
            why=_("Only its owner may publish under a name."),
            fix=_(
                "Make one that may write at {keys}, and keep it as HF_TOKEN: in Colab"
                " among the secrets (the key in the bar on the left), elsewhere in the"
                " environment.",
                keys=_KEYS,
            ),
        )
    api = hub.HfApi(token=key, library_name="colab_pix2pix")
    with answering(name):
        who = api.whoami()
    owners = [who["name"], *(team["name"] for team in who.get("orgs", []))]
    if name.split("/")[0] not in owners:
        what, fix = _MEANINGS[403]
        raise HubError(
            f"{name}: {_(what)}",
            why=_("It is a key of {owners}.", owners=_(" and ").join(owners)),
            fix=_(fix, keys=_KEYS),
        )
    return api


@contextmanager
def answering(name: str) -> Iterator[None]:
    """Turns what the Hub or the way to it answers within the block into one sentence.

    Raises:
        HubError: what happened, and what to do.
    """
    import httpx

    hub = library()
    try:
        yield
    except (hub.errors.HfHubHTTPError, httpx.HTTPError, OSError, RuntimeError) as error:
        causes = list(_causes(error))
        answers = [each for each in causes if isinstance(each, hub.errors.HfHubHTTPError)]
        if answers:
            status = getattr(answers[0].response, "status_code", 0)
            what, fix = _MEANINGS.get(
                status, (_("The Hub answered {status}.", status=status), _AGAIN)
            )
            raise HubError(
                f"{name}: {_(what)}", why=_words(answers[0]), fix=_(fix, keys=_KEYS)
            ) from error
        if not any(isinstance(each, (httpx.HTTPError, OSError)) for each in causes):
            raise  # a fault of the program, which must be seen
        what = _("{name}: the Hub can't be reached.", name=name)
        raise HubError(what, why=_words(causes[-1]), fix=_(_AGAIN)) from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Gives an error and what it came of: the library wraps what happens during an upload."""
    while error is not None:
        yield error
        error = error.__cause__


def _words(error: BaseException) -> str:
    """Returns the first line of a message, which may hold more than a person wants to read."""
    said = getattr(error, "server_message", None) or str(error).strip()
    line = str(said).splitlines()[0][:200] if said else type(error).__name__
    return f"({line.rstrip('.')}.)"
