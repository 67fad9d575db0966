"""The house: what lies where, what may import what, and what is loaded late."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

import colab_pix2pix
from support import TESTS

PACKAGE = Path(colab_pix2pix.__file__).parent
#: Folders from the top floor down. A file imports from its own folder and from floors below it; the
#: files at the root, not named here, are the ground that all stand on.
FLOORS = [
    {"__main__.py", "default_listener.py"},
    {"notebook", "cli"},
    {"workflows"},
    {"training"},
    {"model"},
    {"dataset", "web"},
    {"storage", "downloader", "hub"},
    {"video"},
    {"images"},
]
GROUND = len(FLOORS)
#: Below the ground: what all that people read goes through, the files at the root included.
CELLAR = {"languages"}
#: Library -> the folders that may import it.
AT_HOME_ONLY = {
    "tensorflow": {"model", "training"},
    "keras": {"model", "training"},
    "ipywidgets": {"notebook"},
    "IPython": {"notebook"},
    "yt_dlp": {"downloader"},
    "av": {"video"},
    "google": {"storage"},
    "huggingface_hub": {"hub"},
    "rich": {"cli"},
    "skimage": {"workflows"},
    "wandb": {"training"},
    "trackio": {"training"},
    "mlflow": {"training"},
    "polib": {"languages"},
}
MOST_FILES = 16
MOST_LINES = 300
LONGER = {"config.py"}  # the table of options

FILES = sorted(
    path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts
)
FOLDERS = sorted({path.parent for path in FILES})
MODULES = [path for path in FILES if path.suffix == ".py"]


def local(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_the_package_is_what_is_measured_here() -> None:
    assert len(MODULES) > 100 and len(FOLDERS) > 12
    assert {folder for names in FLOORS[1:] for folder in names} <= set(map(local, FOLDERS))


@pytest.mark.parametrize("folder", FOLDERS, ids=local)
def test_a_folder_has_at_most_16_files(folder: Path) -> None:
    names = [path.name for path in FILES if path.parent == folder]
    assert len(names) <= MOST_FILES, names


def test_no_two_files_have_one_name() -> None:
    counts = Counter(path.name for path in FILES if path.name != "__init__.py")
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("path", FILES, ids=local)
def test_no_file_has_more_than_300_lines(path: Path) -> None:
    if path.suffix not in (".py", ".js", ".css", ".html") or path.name in LONGER:
        return
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize(
    "folder", [folder for folder in FOLDERS if any(folder.glob("*.py"))], ids=local
)
def test_a_folder_says_in_one_line_what_it_is(folder: Path) -> None:
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith(".")


def test_the_tests_have_the_same_folders() -> None:
    ours = {path.parent.relative_to(TESTS).parts[0] for path in TESTS.glob("*/test_*.py")}
    theirs = {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/__init__.py")}
    assert ours == theirs


def floor_of(name: str) -> int:
    """Returns how far below the top a folder is, or a file at the root."""
    below = GROUND + 1 if name in CELLAR else GROUND
    return next((floor for floor, names in enumerate(FLOORS) if name in names), below)


def imported(path: Path) -> set[str]:
    """Returns what a file imports, anywhere in it, by absolute names."""
    found = set()
    package = ["colab_pix2pix", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=local)
def test_imports_point_down(path: Path) -> None:
    here = path.relative_to(PACKAGE).parts[0]
    for name in imported(path):
        library, *names = name.split(".")
        if library != "colab_pix2pix":
            assert here in AT_HOME_ONLY.get(library, {here}), f"{name} is used elsewhere only"
        elif names and names[0] != here and (here in CELLAR or floor_of(names[0]) < GROUND):
            assert floor_of(names[0]) > floor_of(here), f"{name} is not below {here}"


def test_every_folder_has_a_floor() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders | FLOORS[0] == CELLAR.union(*FLOORS)


def test_no_module_needs_itself() -> None:
    modules = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in MODULES}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        names = {name.removeprefix("colab_pix2pix.") for name in imported(path)}
        # "files.write_json" is a name in the module "files".
        names |= {name.rpartition(".")[0] for name in names}
        graph[module] = (names & set(modules)) - {module}
    graphlib.TopologicalSorter(graph).prepare()


def loaded_by(code: str) -> set[str]:
    """Returns the top-level modules, beyond Python's own, that some code loads in a new process."""
    program = (
        "import sys; before = set(sys.modules)\n"
        f"{code}\n"
        "names = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print('loaded:', *sorted(names - set(sys.stdlib_module_names)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.rpartition("loaded:")[2].split())


def test_importing_the_package_loads_nothing_but_python() -> None:
    assert loaded_by("import colab_pix2pix") == {"colab_pix2pix"}


def test_importing_the_package_loads_none_of_its_folders() -> None:
    loaded = loaded_by(
        "import colab_pix2pix\n"
        "assert not [name for name in sys.modules if name.startswith('colab_pix2pix.')]"
    )
    assert loaded == {"colab_pix2pix"}


def test_help_loads_nothing_but_python() -> None:
    code = (
        "from colab_pix2pix.cli import main\n"
        "try: main.main(['--help'])\n"
        "except SystemExit as end: assert not end.code"
    )
    assert loaded_by(code) == {"colab_pix2pix"}


def test_a_log_file_loads_no_rich() -> None:
    code = "from colab_pix2pix.cli.terminal import Terminal; Terminal().line('')"
    assert loaded_by(code) == {"colab_pix2pix"}


def test_a_form_appears_without_tensorflow() -> None:
    loaded = loaded_by("import colab_pix2pix; colab_pix2pix.forms.TrainForm()")
    assert "ipywidgets" in loaded
    assert not loaded & {"tensorflow", "keras", "yt_dlp", "matplotlib"}


def test_every_public_name_exists() -> None:
    for name in colab_pix2pix.__all__:
        assert getattr(colab_pix2pix, name) is not None, name


def test_no_folder_takes_the_place_of_a_public_name() -> None:
    # `import colab_pix2pix.x` sets the attribute x of the package: a function of that name is gone.
    names = {path.stem for path in PACKAGE.iterdir()} & set(colab_pix2pix.__all__)
    assert all(isinstance(getattr(colab_pix2pix, name), ModuleType) for name in names), names


def test_a_wrong_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = colab_pix2pix.trian
