"""What is installed: in Colab only what is missing there, and as a wheel all that is needed."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
#: What Colab has: a list that the tests keep, or a newer one (see scripts/colab_runtimes.py).
COLAB = Path(
    os.environ.get("COLAB_PACKAGES", ROOT / "tests" / "environments" / "colab-runtime.txt")
)
COLAB_PYTHONS = [os.environ["COLAB_PYTHON"]] if "COLAB_PYTHON" in os.environ else ["3.12", "3.13"]
#: pip needs to be told all that a 2022 glibc can load.
LINUX = [f"manylinux_2_{n}_x86_64" for n in (5, 12, 17, 24, 27, 28, 31, 34, 35)]
LINUX += ["manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64", "linux_x86_64"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Builds wheel and sdist of this checkout."""
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(target), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return target


@pytest.mark.slow
def test_the_wheel_brings_the_sample_and_the_command(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = next(name for name in names if name.endswith("entry_points.txt"))
        assert "colab-pix2pix = colab_pix2pix.cli.main:main" in archive.read(entry_points).decode()
    assert "colab_pix2pix/sample/time-lapse.mp4" in names
    assert "colab_pix2pix/py.typed" in names
    assert {f"colab_pix2pix/languages/{code}.po" for code in ("de", "es", "ja")} <= set(names)
    page = {"index.html", "style.css", "js/main.js", "isolation-worker.js"}
    assert {f"colab_pix2pix/web/page/{name}" for name in page} <= set(names)
    assert page_files() <= set(names)
    assert "colab_pix2pix/web/onnxruntime-web-1.30.0.tar.xz" in names
    assert not [name for name in names if name.startswith(("tests/", "scripts/"))]


@pytest.mark.slow
def test_the_sdist_holds_what_the_wheel_is_built_from(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"setup.cfg", "LICENSE", "README.md", "colab_pix2pix/sample/time-lapse.mp4"} <= names
    assert page_files() <= names


def page_files() -> set[str]:
    """Returns the paths of all files of the web page in this checkout."""
    files = (ROOT / "colab_pix2pix" / "web" / "page").rglob("*.*")
    return {str(path.relative_to(ROOT)) for path in files if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("python", COLAB_PYTHONS)
def test_installing_in_colab_changes_none_of_its_packages(
    built: Path, tmp_path: Path, python: str
) -> None:
    """pip's own resolver finds a set that keeps every version that Colab has."""
    (wheel,) = built.glob("*.whl")
    report = tmp_path / "report.json"
    platforms = [word for name in LINUX for word in ("--platform", name)]
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"),
            *("--report", str(report), "--target", str(tmp_path / "unused")),
            *("--only-binary=:all:", "--python-version", python, *platforms),
            "--ignore-requires-python",  # older pips ask the Python that runs them
            *("--constraint", str(COLAB), str(wheel)),
        ],
        check=True,
        capture_output=True,
    )
    for entry in json.loads(report.read_text())["install"]:
        required = SpecifierSet(entry["metadata"].get("requires_python", ""))
        assert required.contains(f"{python}.0"), entry["metadata"]["name"]
    preinstalled = dict(re.findall(r"^([\w.-]+)==(\S+)", COLAB.read_text(), re.MULTILINE))
    preinstalled = {normal(name): version for name, version in preinstalled.items()}
    chosen = {
        normal(entry["metadata"]["name"]): entry["metadata"]["version"]
        for entry in json.loads(report.read_text())["install"]
    }
    assert {name: v for name, v in chosen.items() if name in preinstalled} == {
        name: preinstalled[name] for name in chosen if name in preinstalled
    }
    common = {"tensorflow", "keras", "numpy", "ipywidgets", "matplotlib", "pillow", "scikit-image"}
    assert common <= set(preinstalled)
    # jedi and overrides belong to Colab's own IPython and Jupyter server, which miss them.
    added = set(chosen) - set(preinstalled) - {"jedi", "overrides"}
    ours = {"colab-pix2pix", "av", "yt-dlp", "yt-dlp-ejs", "deno", "imagehash", "onnx", "polib"}
    assert added == ours | {"onnxruntime"}


def test_the_extra_for_gpus_is_the_same_tensorflow_with_cuda() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    (plain,) = re.findall(r"^tensorflow\S*", setup["options"]["install_requires"], re.MULTILINE)
    assert setup["options.extras_require"]["gpu"].strip() == plain.replace("w>", "w[and-cuda]>")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.slow
def test_the_installed_wheel_runs_the_demo_through_a_crash(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site)]
    subprocess.run([*pip, str(wheel)], check=True)
    environment = dict(os.environ, PYTHONPATH=str(site), CUDA_VISIBLE_DEVICES="-1")
    where = subprocess.run(
        [sys.executable, "-c", "import colab_pix2pix; print(colab_pix2pix.__file__)"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert where.stdout.startswith(str(site))

    options = ["--count", "60", "--image-size", "64", "--base-filters", "4", "--epochs", "60"]
    command = [sys.executable, "-m", "colab_pix2pix", "demo", "--root", "out", *options]
    run = subprocess.run(
        [*command, "--save-every-seconds", "1"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    check_demo(run.stdout, tmp_path)


def check_demo(printed: str, folder: Path) -> None:
    """Every sentence of the summary is true."""
    import imageio_ffmpeg

    demo_folder = folder / "out" / "sample"
    entries = json.loads((demo_folder / "crops" / "manifest.json").read_text())["crops"]
    assert len(entries) == len(list((demo_folder / "crops").glob("*.jpg"))) == 60
    kept = sum(entry["kept"] for entry in entries)
    assert f"{kept} of 60 crops were good" in printed
    assert {mark for entry in entries for mark in entry["marks"]} >= {"dark"}

    found = re.search(r"Killed at step (\d+), resumed at step (\d+)", printed)
    assert found, printed
    killed, resumed = map(int, found.groups())
    assert 0 < resumed <= killed
    assert f"the last saved step is {resumed}\n" in printed

    losses = re.search(r"([\d.]+) at first, ([\d.]+) now", printed)
    assert losses and float(losses[2]) < 0.75 * float(losses[1])

    paths = [folder / path for path in re.findall(r"^the [\w -]+?  +(\S+)$", printed, re.MULTILINE)]
    assert len(paths) == 5
    assert all(path.stat().st_size > 0 for path in paths)
    video = imageio_ffmpeg.read_frames(demo_folder / "project" / "training.mp4")
    assert next(video)["duration"] > 2
    assert len(list(video)) > 20


def test_the_address_of_the_repository_stands_in_one_place() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    url = setup["metadata"]["url"]
    owner_and_name = url.removeprefix("https://github.com/")
    badge = f"https://colab.research.google.com/github/{owner_and_name}/blob/main/notebooks/"
    assert f"{badge}colab_pix2pix.ipynb" in (ROOT / "README.md").read_text()
    notebook = (ROOT / "notebooks" / "colab_pix2pix.ipynb").read_text()
    for address in re.findall(r"https://github\.com/[\w-]+/[\w-]+", notebook):
        assert address == url
