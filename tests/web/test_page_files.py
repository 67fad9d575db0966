"""What the web page is written as: files of a folder, or one file that holds them all."""

from __future__ import annotations

import base64
import gzip
import re
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from colab_pix2pix.web import building
from colab_pix2pix.web.building import write_page, write_single_page
from colab_pix2pix.web.bundling import bundle

RUNTIME = Path(building.__file__).parent / "onnxruntime-web-1.30.0.tar.xz"


def test_a_folder_holds_all_that_the_page_asks_for(tmp_path: Path) -> None:
    index = write_page(tmp_path / "page", b"a model", title="Clouds & <rain>", sample=b"a jpeg")
    folder = index.parent
    text = index.read_text()
    assert "<title>Clouds &amp; &lt;rain&gt;</title>" in text and "{{" not in text
    assert 'data-sample="sample.jpg"' in text
    for name in re.findall(r'(?:src|href)="([\w./-]+)"', text):
        assert (folder / name).is_file(), name
    scripts = list((folder / "js").rglob("*.js"))
    imports = [
        (script, name)
        for script in scripts
        for name in re.findall(r'from "([\w./-]+)"', script.read_text())
    ]
    assert len(imports) > len(scripts)
    for script, name in imports:
        assert (script.parent / name).is_file(), f"{script.name} imports {name}"
    network = (folder / "js" / "model" / "network.js").read_text()
    for name in re.findall(r'"((?:runtime|js)/[\w./-]+)"', network):
        assert (folder / name).is_file(), name
    for name in re.findall(r'"(runtime/[\w.-]+)"', network):
        assert (folder / name).stat().st_size > 50_000, name
    sketch = (folder / "sketch.html").read_text()
    for name in re.findall(r'src="([\w./-]+)"', sketch):
        assert (folder / name).is_file(), name
    assert sketch.index("p5.min.js") < sketch.index("pix2pix-p5.js") < sketch.index("sketch.js")
    assert (folder / "model.onnx").read_bytes() == b"a model"
    assert (folder / "sample.jpg").read_bytes() == b"a jpeg"
    assert "Copyright (c) Microsoft" in (folder / "runtime" / "LICENSE.txt").read_text()


def test_modules_are_short_and_folders_small_and_no_two_have_one_name() -> None:
    scripts = list((Path(building.__file__).parent / "page").rglob("*.js"))
    assert max(Counter(script.stem for script in scripts).values()) == 1
    assert max(Counter(script.parent for script in scripts).values()) <= 16
    assert max(len(script.read_text().splitlines()) for script in scripts) <= 300


def test_without_a_sample_none_is_asked_for(tmp_path: Path) -> None:
    index = write_page(tmp_path, b"a model", title="Clouds")
    assert 'data-sample=""' in index.read_text()
    assert not (tmp_path / "sample.jpg").exists()


def test_a_page_is_written_over_an_older_one(tmp_path: Path) -> None:
    for model in (b"the first, which was longer", b"the second"):
        write_page(tmp_path, model, title="Clouds")
    assert (tmp_path / "model.onnx").read_bytes() == b"the second"


def test_a_single_file_holds_everything_and_names_no_other(tmp_path: Path) -> None:
    path = write_single_page(tmp_path / "clouds.html", b"a model", title="Clouds", sample=b"jpeg")
    text = path.read_text()
    tags = re.findall(r'<script type="text/plain" id="asset:([\w./-]+)">(.*?)</script>', text)
    assets = {name: gzip.decompress(base64.b64decode(packed)) for name, packed in tags}
    with tarfile.open(RUNTIME) as archive:
        wanted = {f"runtime/{name}" for name in archive.getnames() if ".jspi." not in name}
    assert set(assets) == (wanted - {"runtime/LICENSE.txt"}) | {
        *("model.onnx", "sample.jpg", "js/model/worker.js", "LICENSE.txt")
    }
    assert assets["model.onnx"] == b"a model" and assets["sample.jpg"] == b"jpeg"
    assert assets["runtime/ort-wasm-simd-threaded.wasm"].startswith(b"\0asm")
    page = re.sub(r'<script type="text/plain".*?</script>', "", text)
    assert re.findall(r'(?:src|href)="(?!#|data:)', page) == []
    assert not re.search(r"^(import|export) ", page, re.MULTILINE)


@pytest.mark.parametrize(("kind", "most_bytes"), [("float16", 21e6), ("int8", 14e6)])
def test_a_network_of_6_3_million_weights_makes_a_file_to_send(
    tmp_path: Path, kind: str, most_bytes: float
) -> None:
    weights = np.random.default_rng(0).normal(0, 0.02, 6_297_491)
    stored = weights.astype("f2") if kind == "float16" else np.rint(weights * 1500).astype("i1")
    path = write_single_page(
        tmp_path / "one.html", stored.tobytes(), title="", sample=bytes(20_000)
    )
    assert 2e6 < path.stat().st_size < most_bytes


def test_the_runtime_is_small_and_has_its_licence() -> None:
    assert RUNTIME.stat().st_size < 5e6
    with tarfile.open(RUNTIME) as archive:
        names = archive.getnames()
        assert all(entry.isfile() and "/" not in entry.name for entry in archive)
    assert "LICENSE.txt" in names and len(names) == 5


def test_modules_are_joined_what_is_needed_first() -> None:
    modules = {
        "main.js": 'import { b } from "./deep/b.js";\nimport { a } from "./a.js";\n\nuse(a, b);\n',
        "a.js": "export const a = 1;\n",
        "deep/b.js": 'import {\n  a,\n} from "../a.js";\n\nexport async function b() {}\n',
        "unused.js": "export const c = 1;\n",
    }
    joined = bundle("main.js", modules)
    assert joined.split("\n") == [
        *("const a = 1;", "", "", "async function b() {}", "", "", "use(a, b);", "")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("const a = 2;\n", "more than one module: a"),
        ('import * as all from "./a.js";\n', "Can't be joined: import"),
        ("export { b };\n", "Can't be joined: export"),
        ("const end = '</script>';\n", "end of a script"),
    ],
)
def test_what_can_not_be_joined_is_refused(text: str, message: str) -> None:
    modules = {"main.js": f'import {{ a }} from "./a.js";\n{text}', "a.js": "export const a = 1;\n"}
    with pytest.raises(ValueError, match=re.escape(message)):
        bundle("main.js", modules)
