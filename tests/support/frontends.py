"""Drives a notebook in Chromium: in the classic Notebook (with Colab's kernel) or in JupyterLab.

Example:
    with FrontEnd("lab", sys.executable, tmp_path) as front_end:
        page = front_end.open(["import colab_pix2pix as p2p", "p2p.forms.VideoForm()"])
        front_end.run_all()
        front_end.wait_until_run()
        page.locator(".cp-source textarea").fill("clouds.mp4")
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from playwright.sync_api import BrowserContext, Page, sync_playwright

from support import CHECKOUT

_CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
_CHROMIUM_OPTIONS += ["--disable-background-networking", "--disable-component-update"]

_CLASSIC_READY = """() => { const nb = window.Jupyter && Jupyter.notebook;
  return nb && nb._fully_loaded && nb.kernel && nb.kernel.is_connected()
    && nb.kernel.info_reply.status == 'ok'; }"""
_LAB_READY = """() => { const app = window.jupyterapp, widget = app && app.shell.currentWidget;
  const context = widget && widget.sessionContext;
  const kernel = context && context.session && context.session.kernel;
  return kernel && kernel.connectionStatus == 'connected' && context.isReady
    && kernel.status == 'idle'; }"""
_CLASSIC_LOADED = "() => window.Jupyter && Jupyter.notebook && Jupyter.notebook._fully_loaded"
_LAB_LOADED = """() => { const app = window.jupyterapp, widget = app && app.shell.currentWidget;
  const context = widget && widget.sessionContext;
  return context && context.session && context.session.kernel && widget.content; }"""
_LAB_COUNTS = """() => jupyterapp.shell.currentWidget.content.widgets
  .filter(cell => cell.model.type == 'code')
  .map(cell => cell.model.executionState == 'running' ? '*' : cell.model.executionCount)"""
_CLASSIC_COUNTS = """Jupyter.notebook.get_cells().filter(c => c.cell_type == 'code')
  .map(c => c.input_prompt_number === undefined ? null : c.input_prompt_number)"""


class FrontEnd:
    """A server, a browser and a page with a notebook, all of them ended with the block.

    Args:
        kind: "colab" is the classic Notebook over Colab's versions; "lab" is JupyterLab.
        python: The Python that has the front-end and runs the kernel.
        home: A folder for everything that is written.
        width: Of the page, in pixels.
        dark: True for the dark theme (JupyterLab alone has one).
        environment: More variables for the kernel; they outweigh the usual ones.
    """

    def __init__(
        self,
        kind: Literal["colab", "lab"],
        python: str,
        home: Path,
        *,
        width: int = 1200,
        height: int = 1600,
        dark: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.kind, self.python, self.home = kind, python, home
        self.size = {"width": width, "height": height}
        self.dark = dark
        self.environment = dict(environment or {})
        self.console: list[str] = []
        self._token, self._port = secrets.token_hex(8), _free_port()
        self._context: BrowserContext | None = None
        self._opened = 0

    def __enter__(self) -> Self:
        self._work = self.home / "work"
        self._work.mkdir(parents=True)
        self._log = open(self.home / "server.log", "wb")
        self._server = subprocess.Popen(
            self._command(),
            env=self._environment(),
            cwd=self._work,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._wait_for_server()
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(
                executable_path=chromium(), args=_CHROMIUM_OPTIONS
            )
        except BaseException:
            self._end_server()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._browser.close()
        self._playwright.stop()
        self._end_server()

    def open(self, notebook: list[str] | dict[str, Any]) -> Page:
        """Opens a notebook, given as its file's content or as the sources of its cells.

        It has a kernel and a page of its own; an earlier notebook is closed.
        """
        self.close()
        content = notebook if isinstance(notebook, dict) else _notebook_of(notebook)
        self._opened += 1
        self.file = self._work / f"tested-{self._opened}.ipynb"
        self.file.write_text(json.dumps(content), encoding="utf-8")
        self.console.clear()
        self._context = self._browser.new_context(viewport=self.size)
        self._context.set_default_timeout(30_000)
        self.page = self._context.new_page()
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self._hear("pageerror", str(error)))
        folder, more = ("notebooks", "") if self.kind == "colab" else ("lab/tree", "&reset")
        address = f"{self._base}/{folder}/{self.file.name}?token={self._token}{more}"
        self.page.goto(address, wait_until="domcontentloaded")
        self.page.wait_for_function(_CLASSIC_READY if self.kind == "colab" else _LAB_READY)
        return self.page

    def reload(self) -> None:
        """Loads the page again, as a person does; the kernel may be busy."""
        self.page.reload(wait_until="domcontentloaded")
        self.page.wait_for_function(_CLASSIC_LOADED if self.kind == "colab" else _LAB_LOADED)

    def close(self) -> None:
        """Closes the page, and ends the kernels of all notebooks."""
        if self._context is None:
            return
        self._context.close()
        self._context = None
        for session in self._ask("GET", "/api/sessions"):
            self._ask("DELETE", f"/api/sessions/{session['id']}")

    def _ask(self, method: str, path: str) -> Any:
        headers = {"Authorization": f"token {self._token}"}
        request = urllib.request.Request(self._base + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    @property
    def _base(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def run_all(self) -> None:
        """Starts all cells, as the menu does."""
        self.page.evaluate(
            "Jupyter.notebook.execute_all_cells()"
            if self.kind == "colab"
            else "() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
        )

    def run_cell(self, index: int) -> None:
        """Starts one cell, counted over all cells of the notebook."""
        if self.kind == "colab":
            self.page.evaluate(f"Jupyter.notebook.execute_cells([{index}])")
            return
        self.page.evaluate(
            """index => { const panel = jupyterapp.shell.currentWidget;
              panel.content.activeCellIndex = index; panel.content.deselectAll();
              jupyterapp.commands.execute('notebook:run-cell'); }""",
            index,
        )

    def counts(self) -> list[int | str | None]:
        """Returns for each code cell its number, "*" while it runs or waits, None before."""
        code = _CLASSIC_COUNTS if self.kind == "colab" else _LAB_COUNTS
        counts: list[int | str | None] = self.page.evaluate(code)
        return counts

    def wait_until_run(self, cells: int | None = None, *, seconds: float = 120) -> None:
        """Waits until the first `cells` code cells, or all, have run."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            counts = self.counts()[:cells]
            if counts and all(isinstance(count, int) for count in counts):
                return
            time.sleep(0.1)
        raise TimeoutError(f"Cells still run: {self.counts()}")

    def interrupt(self) -> None:
        """Presses the interrupt button."""
        self.page.evaluate(
            "Jupyter.notebook.kernel.interrupt()"
            if self.kind == "colab"
            else "() => { jupyterapp.commands.execute('notebook:interrupt-kernel'); }"
        )

    def saved(self) -> str:
        """Saves the notebook as its user would; returns the text of the file."""
        file = self.file
        before = file.stat().st_mtime_ns
        self.page.evaluate(
            "Jupyter.notebook.save_notebook()"
            if self.kind == "colab"
            else "() => jupyterapp.commands.execute('docmanager:save')"
        )
        end = time.monotonic() + 20
        while file.stat().st_mtime_ns == before and time.monotonic() < end:
            time.sleep(0.1)
        return file.read_text(encoding="utf-8")

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning", "pageerror"):
            self.console.append(f"{kind}: {text}")

    def _command(self) -> list[str]:
        common = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={self._port}"]
        if self.kind == "colab":
            token = f"--NotebookApp.token={self._token}"
            return [self.python, "-m", "notebook", *common, token, f"--notebook-dir={self._work}"]
        self._write_lab_settings()
        token = f"--IdentityProvider.token={self._token}"
        open_app = ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"]
        root = f"--ServerApp.root_dir={self._work}"
        return [self.python, "-m", "jupyterlab", *common, token, root, *open_app]

    def _write_lab_settings(self) -> None:
        theme = "JupyterLab Dark" if self.dark else "JupyterLab Light"
        settings = {
            "notebook-extension/tracker": {"windowingMode": "none"},
            "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
            "apputils-extension/themes": {"theme": theme},
        }
        for name, content in settings.items():
            file = self.home / "lab-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content))

    def _environment(self) -> dict[str, str]:
        home = self.home
        return os.environ | {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "COLAB_PIX2PIX_HOME": str(home / "projects"),
            "PYTHONPATH": str(CHECKOUT),
            "CUDA_VISIBLE_DEVICES": "",
            "IPYTHONDIR": str(home / "ipython"),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(home / "lab-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "lab-workspaces"),
            **self.environment,
        }

    def _wait_for_server(self) -> None:
        address = f"http://127.0.0.1:{self._port}/api?token={self._token}"
        end = time.monotonic() + 60
        while time.monotonic() < end and self._server.poll() is None:
            try:
                urllib.request.urlopen(address, timeout=2).close()
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        words = (self.home / "server.log").read_text(errors="replace")[-3000:]
        raise RuntimeError(f"The notebook server did not start:\n{words}")

    def _end_server(self) -> None:
        self._server.terminate()  # it ends its kernels; an interrupt would make it ask first
        try:
            self._server.wait(20)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._log.close()


def chromium() -> str:
    """Returns the path of the Chromium (or Chrome) of this machine."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise FileNotFoundError("The browser tests need Chromium: on Debian, apt install chromium.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _notebook_of(sources: list[str]) -> dict[str, Any]:
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{index}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for index, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
