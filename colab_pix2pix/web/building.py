"""Writes the page in which a model runs: as a folder for a web server, or as one HTML file.

The page itself lies in `page/`: plain HTML, CSS and JavaScript modules, shipped as they are. A file
holds all of that, the model and the runtime for the processor; it opens with a double click and
asks no network for anything.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import re
import tarfile
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from .bundling import bundle

_PAGE = resources.files(__package__) / "page"
#: Packed by `scripts/pack_runtime.py`.
_RUNTIME = resources.files(__package__) / "onnxruntime-web-1.30.0.tar.xz"
#: What a single file needs of it.
_PROCESSOR = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
_SAMPLE = "sample.jpg"
_MAIN = "js/main.js"
_WORKER = "js/model/worker.js"


def write_page(folder: Path, model: bytes, *, title: str, sample: bytes | None = None) -> Path:
    """Writes the page as a folder that any web server can serve.

    It runs on the graphics card where the browser can (WebGPU), else on the processor.

    Args:
        folder: Made where missing; files of these names in it are replaced.
        model: An ONNX file as `colab_pix2pix export` makes it, with its `colab_pix2pix` metadata.
        title: Stands over the pictures.
        sample: A JPEG to show until a camera is chosen; without it the page begins with drawing.

    Returns:
        The path of `index.html`.

    Example:
        >>> write_page(Path("flowers"), model, title="Flowers")  # doctest: +SKIP
    """
    files = _page_files()
    files["index.html"] = _filled(files["index.html"], title, sample)
    files |= {f"runtime/{name}": content for name, content in _runtime().items()}
    files["model.onnx"] = model
    if sample is not None:
        files[_SAMPLE] = sample
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "index.html"


def write_single_page(path: Path, model: bytes, *, title: str, sample: bytes | None = None) -> Path:
    """Writes the page as one HTML file that opens with a double click, without any network.

    It runs on the processor, in one thread.

    Args:
        path: The file; its folder must exist.
        model: As in `write_page`. With 6.3 M weights the file takes 13 MB where they are float16,
            9 MB where they are int8.
        title: As in `write_page`.
        sample: As in `write_page`.

    Returns:
        `path`.
    """
    files = _page_files()
    runtime = _runtime(_PROCESSOR)
    embedded = {f"runtime/{name}": runtime[name] for name in _PROCESSOR}
    embedded |= {"model.onnx": model, "LICENSE.txt": runtime["LICENSE.txt"]}
    if sample is not None:
        embedded[_SAMPLE] = sample
    modules = {name: text.decode() for name, text in files.items() if name.startswith("js/")}
    embedded[_WORKER] = bundle(_WORKER, modules).encode()
    page = _filled(files["index.html"], title, sample).decode()
    page = _replaced(
        page,
        '<link rel="stylesheet" href="style.css">',
        f"<style>\n{files['style.css'].decode()}</style>",
    )
    page = _replaced(page, '<script type="module" src="js/main.js"></script>\n', "")
    parts = "".join(_embedded(name, content) for name, content in embedded.items())
    script = f'<script type="module">\n{bundle(_MAIN, modules)}</script>\n'
    page = _replaced(page, "</body>", f"{parts}{script}</body>")
    path.write_text(page, encoding="utf-8")
    return path


def _page_files() -> dict[str, bytes]:
    """Returns the page's own files by their paths in it."""
    return dict(_files_below(_PAGE))


def _files_below(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for path in folder.iterdir():
        name = prefix + path.name
        if path.is_dir():
            yield from _files_below(path, f"{name}/")
        else:
            yield name, path.read_bytes()


def _runtime(wanted: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Returns the runtime's files and their licence, unpacked; all, or the wanted ones."""
    with tarfile.open(fileobj=io.BytesIO(_RUNTIME.read_bytes()), mode="r:xz") as files:
        names = [*wanted, "LICENSE.txt"] if wanted else files.getnames()
        return {name: _content(files, name) for name in names}


def _content(files: tarfile.TarFile, name: str) -> bytes:
    file = files.extractfile(name)
    assert file is not None  # all of them are plain files
    return file.read()


def _filled(page: bytes, title: str, sample: bytes | None) -> bytes:
    words = {"title": html.escape(title), "sample": "" if sample is None else _SAMPLE}
    text = re.sub(r"\{\{(\w+)\}\}", lambda found: words[found[1]], page.decode())
    return text.encode()


def _replaced(page: str, old: str, new: str) -> str:
    before, found, after = page.partition(old)
    if not found:
        raise ValueError(f"index.html has no {old}")
    return before + new + after


def _embedded(name: str, content: bytes) -> str:
    packed = base64.b64encode(gzip.compress(content, mtime=0)).decode()
    return f'<script type="text/plain" id="asset:{name}">{packed}</script>\n'
