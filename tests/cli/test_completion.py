"""What TAB completes: the script that is printed, in a real bash."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from colab_pix2pix.cli import main
from colab_pix2pix.cli.completion import PLACES, SHELLS
from colab_pix2pix.config import PRESETS
from support import terminals

#: Asks the function that bash calls at TAB; the words of the command line are the arguments.
ASK = """
source "$1"; shift
COMP_WORDS=(colab-pix2pix "$@") COMP_CWORD=$#
compopt() { :; }
_shtab_colab_pix2pix
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main.main(["completion", "bash"]) == 0
    path = tmp_path / "colab-pix2pix.bash"
    path.write_text(capsys.readouterr().out)
    return path


def completed(script: Path, *words: str) -> list[str]:
    run = subprocess.run(
        ["bash", "-c", ASK, "bash", str(script), *words],
        capture_output=True,
        text=True,
        cwd=script.parent,
    )
    assert run.returncode == 0 and not run.stderr, run.stderr
    return run.stdout.split()


def test_commands_flags_and_choices_are_completed(script: Path) -> None:
    assert completed(script, "tr") == ["train"]
    assert {"train", "export", "auto", "completion"} <= set(completed(script, ""))
    assert completed(script, "train", "crops", "run", "--image-s") == ["--image-size"]
    assert completed(script, "train", "crops", "run", "--condition", "e") == ["edges"]
    assert completed(script, "train", "--preset", "") == list(PRESETS)
    assert completed(script, "export", "run", "out", "--weights", "f") == ["float32", "float16"]
    assert completed(script, "apply", "run", "a", "b", "--generation", "b") == ["best"]
    assert completed(script, "completion", "") == list(SHELLS)


def test_paths_are_completed_where_paths_are_meant(script: Path) -> None:
    (script.parent / "crops-of-mine").mkdir()
    (script.parent / "clip.mp4").write_bytes(b"")
    assert completed(script, "train", "crops-") == ["crops-of-mine"]
    assert completed(script, "frames", "cl") == ["clip.mp4"]
    assert completed(script, "apply", "run", "cl") == ["clip.mp4"]
    assert completed(script, "train", "crops", "run", "--init-from", "crops-") == ["crops-of-mine"]


def test_a_press_of_tab_completes_on_a_terminal(script: Path) -> None:
    ours, theirs = terminals.open_terminal(80)
    bash = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=terminals.environment(INPUTRC="/dev/null"),
    )
    os.close(theirs)
    os.write(ours, f"source {script}; colab-pix2pix() {{ echo ran:$*.; }}; echo be''gun\n".encode())
    text = b""
    while b"begun" not in text:
        text += os.read(ours, 65536)
    os.write(ours, b"colab-pix2pix dri\t\nexit\n")
    try:
        while data := os.read(ours, 65536):
            text += data
    except OSError:  # what Linux says when the other end is closed
        pass
    os.close(ours)
    assert bash.wait() == 0
    assert b"ran:drill." in text


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_and_a_place_for_it(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "blurred-grey" in text and "--base-filters" in text and "colab-pix2pix" in text
    with pytest.raises(SystemExit):
        main.main(["completion", "--help"])
    assert PLACES[shell] in capsys.readouterr().out


def test_without_shtab_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main.main(["completion", "bash"]) == 1
    said = capsys.readouterr()
    assert "pip install 'colab-pix2pix[completion]'" in said.err and not said.out
