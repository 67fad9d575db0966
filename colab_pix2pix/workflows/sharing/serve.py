"""The page of a trained model in this machine's browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

from ... import events, mounts
from ...errors import OptionError
from ...events import Note, OnEvent
from ...files import read_json_if_whole, write_json
from ...languages import _
from ...options import checks_input
from ...project import Project
from ...web.building import page_checksum
from ...web.page_server import PageServer
from ..export import export

_BUILT_OF = "page.json"
_WHOLE_PAGE = ("index.html", "model.onnx")


@checks_input()
def serve(
    run_dir: Project | Path | str,
    *,
    port: int = 0,
    generation: str = "chosen",
    open_browser: bool = False,
    on_event: OnEvent = events.ignore,
) -> PageServer:
    """Serves the page in which a model runs live to this machine's browser, and to nobody else.

    The page of a run is written to this machine's cache, and again only when there is a newer state
    or a newer version of the page.

    Args:
        run_dir: A run that has been saved at least once; or a folder that `export` has written,
            with a page in it.
        port: 0 takes a free one.
        generation: Of a run: "chosen" (by eye; else the last), "last", "best" (by the held-out
            crops), or a number.
        open_browser: Open the page in the browser of this machine, where it has one.
        on_event: Told a `Note` for what is written.

    Returns:
        The server, which has begun: `address` is the page's, `wait()` waits for Ctrl-C, `close()`
        ends it, as does the end of the program.

    Raises:
        OptionError: nothing can be served at the port, or the folder holds a page as one file,
            which needs no server.
        CheckpointError: it is no export, and no run with anything saved, or not this generation.

    Example:
        >>> serve("runs/flowers", open_browser=True).wait()  # doctest: +SKIP
    """
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    mounts.require_answer(project.path, on_event=on_event)
    server = PageServer(project.path, port)  # a port that is taken is told before any work
    try:
        folder = _exported_page(project.path) or page_folder(project, generation, on_event=on_event)
    except BaseException:
        server.close()
        raise
    server.folder = folder
    server.start()
    if open_browser and not _show(server.address):
        on_event(Note(message=_("No browser opens here: type the address into yours.")))
    return server


def page_folder(
    project: Project, generation: str = "chosen", *, on_event: OnEvent = events.ignore
) -> Path:
    """Returns the folder with the page of a run, on this machine; writes it where it is not new.

    Raises:
        CheckpointError: the run has nothing saved, or not this generation.
    """
    from ...model.trained import find_state, name_of

    folder = project.work / "page"
    state = find_state(project, generation, on_event=on_event)
    built_of = {"model": name_of(state), "page": page_checksum()}
    page = folder / "web"
    if read_json_if_whole(folder / _BUILT_OF) != built_of or not _is_page(page):
        on_event(Note(message=_("Writing the page: a few seconds.")))
        (folder / _BUILT_OF).unlink(missing_ok=True)
        export(project, folder, ["web"], generation=generation, on_event=on_event)
        write_json(folder / _BUILT_OF, built_of)
    return page


def _exported_page(folder: Path) -> Path | None:
    """Returns the folder of the page that `export` has written to a folder, or into it."""
    for page in (folder, folder / "web"):
        if _is_page(page):
            return page
    single = folder if folder.suffix == ".html" else folder / "web.html"
    if single.is_file() and not any(slot.exists() for slot in Project(folder).slots):
        raise OptionError(
            _("{file} is a page as one file.", file=single),
            why=_("It needs no server: it opens with a double click."),
            fix=_("To serve a page, name the folder of the run."),
        )
    return None


def _is_page(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _WHOLE_PAGE)


def _show(address: str) -> bool:
    """Opens an address in a browser with a window; returns whether there is one."""
    windows = sys.platform != "linux" or {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & set(os.environ)
    return bool(windows) and webbrowser.open(address)
