"""Writes the page in which a model runs: as a folder for a web server, or as one HTML file.

The page itself lies in `page/`: plain HTML, CSS and JavaScript modules, shipped as they are. A file
holds all of that, the model and the runtime for the processor; it opens with a double click and
asks no network for anything.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import io
import json
import re
import tarfile
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from .. import languages
from .bundling import bundle

_PAGE_DIR = resources.files(__package__) / "page"
#: Packed by `scripts/pack_runtime.py`.
_RUNTIME_ARCHIVE = resources.files(__package__) / "onnxruntime-web-1.30.0.tar.xz"
#: The runtime for the processor, which is all that a single file has.
_WASM_RUNTIME = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
_LICENSE = "LICENSE.txt"
_INDEX = "index.html"
_MODEL = "model.onnx"
_SAMPLE = "sample.jpg"
_MAIN = "js/main.js"
#: Made here, of `languages/`: what the page says in other languages.
_CATALOGUE = "js/catalogue.js"
_WORKER = "js/model/worker.js"
_STYLE_TAG = '<link rel="stylesheet" href="style.css">'
_MAIN_TAG = f'<script type="module" src="{_MAIN}"></script>\n'


def write_page(
    folder: Path, model: bytes, *, title: str, signature: str = "", sample: bytes | None = None
) -> Path:
    """Writes the page as a folder that any web server can serve.

    It runs on the graphics card where the browser can (WebGPU), else on the processor.

    Args:
        folder: Made where missing; files of these names in it are replaced.
        model: An ONNX file as `colab_pix2pix export` makes it, with its `colab_pix2pix` metadata.
        title: Stands over the pictures.
        signature: A line beside it, of who made it.
        sample: A JPEG to show until a camera is chosen; without it the page begins with drawing.

    Returns:
        The path of `index.html`.

    Example:
        >>> write_page(Path("flowers"), model, title="Flowers")  # doctest: +SKIP
    """
    files = _page_files()
    files[_INDEX] = _render_index(files[_INDEX], title, signature, sample).encode()
    files |= {f"runtime/{name}": content for name, content in _unpack_runtime().items()}
    files[_MODEL] = model
    if sample is not None:
        files[_SAMPLE] = sample
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / _INDEX


def write_single_page(
    path: Path, model: bytes, *, title: str, signature: str = "", sample: bytes | None = None
) -> Path:
    """Writes the page as one HTML file that opens with a double click, without any network.

    It runs on the processor, in one thread.

    Args:
        path: The file; its folder must exist.
        model: As in `write_page`. With 6.3 M weights the file takes 13 MB where they are float16,
            9 MB where they are int8.
        title: As in `write_page`.
        signature: As in `write_page`.
        sample: As in `write_page`.

    Returns:
        `path`.
    """
    files = _page_files()
    scripts = {name: text.decode() for name, text in files.items() if name.endswith(".js")}
    assets = _single_page_assets(model, sample)
    assets[_WORKER] = bundle(_WORKER, scripts).encode()
    asset_tags = "".join(_asset_tag(name, content) for name, content in assets.items())
    main_tag = f'<script type="module">\n{bundle(_MAIN, scripts)}</script>\n'
    style_tag = f"<style>\n{files['style.css'].decode()}</style>"
    page = _render_index(files[_INDEX], title, signature, sample)
    page = _replace_tag(page, _STYLE_TAG, style_tag)
    page = _replace_tag(page, _MAIN_TAG, "")
    page = _replace_tag(page, "</body>", f"{asset_tags}{main_tag}</body>")
    path.write_text(page, encoding="utf-8")
    return path


def page_checksum() -> str:
    """Returns what changes when the page itself does, whatever model it holds."""
    digest = hashlib.sha256(_RUNTIME_ARCHIVE.name.encode())
    for name, content in sorted(_page_files().items()):
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _page_files() -> dict[str, bytes]:
    """Returns the page's own files by their paths in it."""
    return dict(_walk(_PAGE_DIR)) | {_CATALOGUE: _catalogue_module().encode()}


def _catalogue_module() -> str:
    """Returns the module of names and sentences of all languages."""
    sentences = languages.translations_of("web/page")
    tables = {"LANGUAGES": languages.LANGUAGES, "CATALOGUES": sentences}
    return "".join(
        f"export const {name} = {json.dumps(table, ensure_ascii=False, indent=1)};\n"
        for name, table in tables.items()
    )


def _walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """Yields path and content of each file below a folder."""
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            yield from _walk(entry, f"{name}/")
        else:
            yield name, entry.read_bytes()


def _unpack_runtime() -> dict[str, bytes]:
    """Returns the runtime's files and their licence by name."""
    with tarfile.open(fileobj=io.BytesIO(_RUNTIME_ARCHIVE.read_bytes()), mode="r:xz") as archive:
        return {member.name: _read_member(archive, member) for member in archive}


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None  # all of them are plain files
    return file.read()


def _single_page_assets(model: bytes, sample: bytes | None) -> dict[str, bytes]:
    """Returns what a single file embeds beside its scripts, by the paths of the folder form."""
    runtime = _unpack_runtime()
    assets = {f"runtime/{name}": runtime[name] for name in _WASM_RUNTIME}
    assets |= {_MODEL: model, _LICENSE: runtime[_LICENSE]}
    if sample is not None:
        assets[_SAMPLE] = sample
    return assets


def _render_index(template: bytes, title: str, signature: str, sample: bytes | None) -> str:
    """Fills in the `{{name}}`s of `index.html`."""
    values = {"title": html.escape(title), "signature": html.escape(signature)}
    values |= {"sample": "" if sample is None else _SAMPLE}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], template.decode())


def _replace_tag(page: str, old: str, new: str) -> str:
    before, found, after = page.partition(old)
    if not found:
        raise ValueError(f"index.html: expected {old!r} in it, found none.")
    return before + new + after


def _asset_tag(name: str, content: bytes) -> str:
    """Returns an element that holds a file for `js/assets.js`."""
    gzipped = base64.b64encode(gzip.compress(content, mtime=0)).decode()
    return f'<script type="text/plain" id="asset:{name}">{gzipped}</script>\n'
