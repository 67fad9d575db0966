"""The commands, as a person types them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from colab_pix2pix.cli import flags, main
from colab_pix2pix.config import FramesConfig, SamplesConfig, TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.options import Config, as_flags, options
from conftest import Command
from support import videos
from support.networks import FLAGS

TINY = [*FLAGS, "--seed", "1"]


def clip(path: Path) -> Path:
    """Makes a video of four seconds in which much changes."""
    return videos.lavfi(path, "mandelbrot=size=320x180:rate=10", "-t", "4", "-pix_fmt", "yuv420p")


def tree(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "home" not in path.parts}


@pytest.mark.slow
def test_download_frames_train_status_and_apply_lead_from_a_video_to_pictures(
    command: Command, tmp_path: Path
) -> None:
    source = clip(tmp_path / "a clip.mp4")
    fetched = command("download", source, tmp_path / "video")
    assert fetched.returncode == 0, fetched.stderr
    video = Path(fetched.stdout.strip())
    assert video.is_file() and video.parent == tmp_path / "video"

    cut = command("frames", video, tmp_path / "crops", "--count", "20", "--scale", "-1:64")
    assert cut.returncode == 0, cut.stderr
    assert len(list((tmp_path / "crops").glob("*.jpg"))) == 20
    entries = json.loads((tmp_path / "crops" / "manifest.json").read_text())["crops"]
    assert len(entries) == 20

    arguments = ["train", tmp_path / "crops", tmp_path / "run", *TINY, "--save-every-seconds", "30"]
    trained = command(*arguments, "--epochs", "2")
    assert trained.returncode == 0, trained.stderr
    assert "Trained: 2 epochs" in trained.stdout
    assert "WARNING: All log messages before absl" not in trained.stderr

    state = json.loads(command("status", tmp_path / "run", "--json").stdout)
    assert (state["epochs_done"], state["options"]["seed"]) == (2, 1)
    assert state["step"] == state["saved"]["step"] == state["confirmed"]["step"] > 0

    again = command(*arguments, "--epochs", "2")
    assert again.returncode == 0
    assert "Nothing to do" in again.stderr
    assert json.loads(command("status", tmp_path / "run", "--json").stdout)["step"] == state["step"]

    other = command(*arguments[:3], "--image-size", "128")
    assert (other.returncode, other.stdout) == (1, "")
    assert "image_size = 64; received image_size = 128" in other.stderr

    applied = command("apply", tmp_path / "run", tmp_path / "crops", tmp_path / "made")
    assert applied.returncode == 0, applied.stderr
    assert len(list((tmp_path / "made").glob("*.png"))) == 20


BAD = {
    "a video that is not there": ["frames", "missing.mp4", "out"],
    "a file that is no video": ["frames", "notes.txt", "out"],
    "a folder that is no video": ["download", "empty", "out"],
    "a count of 0": ["frames", "clip.mp4", "out", "--count", "0"],
    "a scale that is none": ["frames", "clip.mp4", "out", "--scale", "huge"],
    "a dataset without pictures": ["train", "empty", "out"],
    "a dataset that is not there": ["train", "missing", "out"],
    "an image size between the powers of two": ["train", "crops", "out", "--image-size", "100"],
    "an image size that is too small": ["train", "crops", "out", "--image-size", "32"],
    "a status of nothing": ["status", "missing"],
    "a picture that is not there": ["apply", "missing", "missing.png", "out"],
    "no command": [],
    "a word for a number": ["train", "crops", "out", "--epochs", "many"],
}


@pytest.mark.parametrize("words", BAD.values(), ids=BAD.keys())
def test_bad_input_gets_one_clear_error_and_nothing_is_written(
    words: list[str],
    tmp_path: Path,
    crops: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no video")
    clip(tmp_path / "clip.mp4")
    before = tree(tmp_path)
    monkeypatch.chdir(tmp_path)
    try:
        exit_status = main.main(words)
    except SystemExit as stop:  # argparse's own way out
        exit_status = int(str(stop.code))
    printed = capsys.readouterr()
    assert exit_status in (1, 2)
    assert printed.out == ""
    assert "Traceback" not in printed.err
    assert len(printed.err.strip().splitlines()) == 1 or "usage:" in printed.err
    assert tree(tmp_path) == before


def test_several_videos_are_fetched_and_cut_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    clip(tmp_path / "in" / "one.mp4")
    videos.lavfi(tmp_path / "in" / "two.mp4", "testsrc2=size=320x180:rate=10", "-t", "4")
    assert main.main(["download", "--limit", "5", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    files = capsys.readouterr().out.split()
    assert sorted(Path(file).name for file in files) == ["one.mp4", "two.mp4"]
    assert main.main(["frames", *files, str(tmp_path / "crops"), "--count", "6"]) == 0
    entries = json.loads((tmp_path / "crops" / "manifest.json").read_text())
    assert len(entries["crops"]) == 12 and len(entries["sources"]) == 2
    shared = ["frames", *files, str(tmp_path / "crops"), "--count", "6", "--region", "25,10,60"]
    assert main.main([*shared, "--weights", "2,1"]) == 0
    crops = json.loads((tmp_path / "crops" / "manifest.json").read_text())["crops"]
    assert sorted(Counter(crop["source"] for crop in crops).values()) == [2, 4]
    assert {crop["side"] for crop in crops} == {"own"}
    assert main.main([*shared, "--weights", "2,one"]) != 0
    assert "Expected a number for each video, such as 2,1" in capsys.readouterr().err


def test_a_flag_is_made_of_each_option() -> None:
    parser = main.build_parser()
    args = parser.parse_args(["train", "crops", "run", "--epochs", "3", "--lambda-l1", "50"])
    assert vars(args)["train.epochs"] == 3
    assert vars(args)["train.lambda_l1"] == 50.0
    assert "train.seed" not in vars(args)


@pytest.mark.parametrize("kind", [FramesConfig, TrainConfig])
def test_flags_made_of_a_config_give_the_config_back(kind: type[Config]) -> None:
    flips = {n: not v for n, v in kind().to_dict().items() if isinstance(v, bool)}
    config = kind().replace(**flips)
    positions = ["frames", "a.mp4", "b"] if kind is FramesConfig else ["train", "a", "b"]
    args = main.build_parser().parse_args([*positions, *as_flags(config)])
    assert flags.configured(args, kind()) == config


@pytest.mark.parametrize(
    "command_name", ["demo", "download", "frames", "import", "train", "status", "auto"]
)
def test_every_command_explains_itself(
    command_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main.main([command_name, "--help"])
    assert stop.value.code == 0
    assert "usage: colab-pix2pix" in capsys.readouterr().out


def help_of(command_name: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main.main([command_name, "--help"])
    return capsys.readouterr().out


def test_the_help_of_train_has_each_flag_in_its_group_and_examples_that_are_valid(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = help_of("train", capsys)
    assert text.startswith("usage: colab-pix2pix train [OPTION ...] DATASET_DIR RUN_DIR\n")
    groups = re.split(r"\ntrain options", text.partition("examples:")[0])[1:]
    flags_of = {
        group.partition("\n")[0]: re.findall(r"^  (--[\w-]+)", group, re.M) for group in groups
    }
    assert "--epochs" in flags_of[":"]
    assert "--condition" in flags_of[": what it sees:"]
    assert "--learning-rate" in flags_of[": how it learns:"]
    assert "--dropout" in flags_of[": network:"]
    assert "--precision" in flags_of[": saving and machine:"]
    assert sum(map(len, flags_of.values())) == len(options(TrainConfig) | options(SamplesConfig))
    assert "{blurred-grey,grey,edges,paired}" in text
    assert max(map(len, text.partition("examples:")[0].splitlines())) <= 80


@pytest.mark.parametrize(
    "command_name", ["download", "frames", "import", "train", "apply", "export"]
)
def test_examples_in_the_help_are_commands(
    command_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = help_of(command_name, capsys).partition("examples:\n")[2]
    lines = [line.strip().partition("   ")[0] for line in text.splitlines()]
    assert lines
    for line in lines:
        words = line.split()[1:]
        assert main.build_parser().parse_args(flags.protect_dashes(words)).command == command_name


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["trian", "a", "b"], "train"),
        (["train", "a", "b", "--epoch", "3"], "--epochs"),
        (["train", "a", "b", "--batchsize=3"], "--batch-size"),
        (["export", "a", "b", "--mode", "papre"], "paper"),
    ],
)
def test_who_mistypes_is_told_what_there_is(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main.main(words)
    assert stop.value.code == 2
    assert capsys.readouterr().err.endswith(f"Did you mean {meant}?\n")


def test_what_resembles_nothing_is_told_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["status", "run", "--qqqq"])
    assert "Did you mean" not in capsys.readouterr().err


def test_a_source_may_begin_with_a_dash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip(tmp_path / "-clip.mp4")
    monkeypatch.chdir(tmp_path)
    assert main.main(["download", "-clip.mp4", "out", "--height", "240"]) == 0
    assert Path(capsys.readouterr().out.strip()).is_file()
