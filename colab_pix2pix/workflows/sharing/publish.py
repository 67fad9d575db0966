"""A trained model on the Hugging Face Hub: a card, weights that run no code, and the live page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import HubError
from ...events import Note, OnEvent, ignore
from ...hub.client import PREFIX, WEIGHTS, answering, api_to_write, repository_name
from ...languages import N_, _
from ...litter import temp_folder
from ...options import checks_input
from ...project import Project
from ..export import export

if TYPE_CHECKING:
    from collections.abc import Sequence

_CARD, _PAGE, _OURS = "README.md", "index.html", "condition.json"


@checks_input()
def publish(
    run_dir: Project | Path | str,
    name: str,
    *,
    generation: str = "chosen",
    private: bool = False,
    on_event: OnEvent = ignore,
) -> list[str]:
    """Puts a trained model onto the Hub, and its live page beside it as a static demo (a Space).

    The model gets a card (what it was trained on, how well), its weights as safetensors, and how
    its input is made; others start from it with `init_from="hub:owner/name"`. Publishing again
    replaces what is there. After an interruption the same call goes on: what the Hub has of it is
    not sent once more. The key is read from Colab's secrets or the environment (`HF_TOKEN`), and
    stored nowhere.

    Args:
        run_dir: A run that has been saved at least once.
        name: owner/name, as on the Hub.
        generation: "chosen" (by eye; else the last), "last", "best" (by the held-out crops), or a
            number.
        private: Whether only the owner sees it.
        on_event: Told `Note` events.

    Returns:
        The addresses of the model and of its page.

    Raises:
        HubError: there is no key, it may not write there, the name is taken by something else, or
            the Hub does not answer.
        CheckpointError: the run has nothing saved, or not this generation.

    Example:
        >>> publish("runs/flowers", "ada/flowers")  # doctest: +SKIP
    """
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    name = repository_name(name)
    api = api_to_write(name)
    with answering(name):
        for kind, own in (("model", _OURS), ("space", _PAGE)):
            _require_free(api, name, kind, own)
    with temp_folder() as folder:
        model, page = folder / "model", folder / "page"
        export(
            project,
            model,
            ["safetensors", "web"],
            generation=generation,
            on_event=on_event,
        )
        _arrange(model, page, name)
        addresses = []
        for kind, part in (("model", model), ("space", page)):
            on_event(
                Note(message=_("Sending the model.") if kind == "model" else _("Sending the page."))
            )
            with answering(name):
                addresses.append(_send(api, name, kind, part, private))
        return addresses


def _require_free(api: Any, name: str, kind: str, own: str) -> None:
    """Refuses to write over what is something else."""
    if not api.repo_exists(name, repo_type=kind):
        return
    files: Sequence[str] = api.list_repo_files(name, repo_type=kind)
    if own not in files and set(files) - {".gitattributes", _CARD}:
        words = N_("{name} is taken: the Hub has another space of that name.")
        if kind == "model":
            words = N_("{name} is taken: the Hub has another model of that name.")
        raise HubError(
            _(words, name=name),
            why=_("What is there would be mixed with this model."),
            fix=_("Choose another name."),
        )


def _arrange(model: Path, page: Path, name: str) -> None:
    """Gives an exported folder the names and the headers that the Hub wants."""
    (model / "web").rename(page)
    (model / "checksums.json").unlink()
    card = (model / "model-card.md").read_text(encoding="utf-8")
    (model / "model-card.md").unlink()
    header = "---\npipeline_tag: image-to-image\ntags:\n- pix2pix\n- colab_pix2pix\n---\n"
    use = (
        "\n## Start from it\n\n```\n"
        f"colab-pix2pix train CROPS RUN --init-from {PREFIX}{name}\n```\n\n"
        f"`{WEIGHTS}` holds arrays alone: loading it runs no code.\n"
    )
    (model / _CARD).write_text(header + card + use, encoding="utf-8")
    title = name.split("/")[1]
    header = f"---\ntitle: {title}\nsdk: static\napp_file: {_PAGE}\nmodels:\n- {name}\n---\n"
    (page / _CARD).write_text(f"{header}\n# {title}\n\nThe model, live.\n", encoding="utf-8")


def _send(api: Any, name: str, kind: str, folder: Path, private: bool) -> str:
    sdk = {"space_sdk": "static"} if kind == "space" else {}
    address = api.create_repo(name, repo_type=kind, private=private, exist_ok=True, **sdk)
    api.upload_folder(
        repo_id=name, repo_type=kind, folder_path=folder, commit_message="colab_pix2pix publish"
    )
    return str(address)
