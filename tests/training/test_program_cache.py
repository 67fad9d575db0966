"""Where compiled programs lie, and that there are never many of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from colab_pix2pix import files
from colab_pix2pix.training.devices.program_cache import forget_programs, keep_programs


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=0")
    return files.cache_dir() / "programs"


def programs_of(folder: Path, count: int) -> list[Path]:
    made = [folder / f"{number}.pb" for number in range(count)]
    for number, program in enumerate(made):
        program.write_bytes(b"program")
        os.utime(program, (number, number))
    return made


def test_each_kind_of_gpu_has_its_own_and_the_oldest_go(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_programs("NVIDIA H100 80GB HBM3")
    first, folder_flag, only_gpus = os.environ["TF_XLA_FLAGS"].split()
    assert first == "--tf_xla_auto_jit=0"
    assert only_gpus.endswith("=GPU")
    folder = Path(folder_flag.partition("=")[2])
    assert folder.parent == cache and folder.name.startswith("NVIDIA-H100-80GB-HBM3-TensorFlow-")
    folder.mkdir(parents=True)
    made = programs_of(folder, 30)
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    keep_programs("NVIDIA H100 80GB HBM3")
    assert sorted(folder.iterdir()) == sorted(made[-24:])
    assert forget_programs()
    assert not list(folder.iterdir())
    assert not forget_programs()


def test_what_a_person_has_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = f"--tf_xla_persistent_cache_directory={tmp_path}"
    monkeypatch.setenv("TF_XLA_FLAGS", own)
    keep_programs("Tesla T4")
    assert os.environ["TF_XLA_FLAGS"] == own


def test_a_folder_that_the_variable_can_not_name_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "my files"))
    keep_programs("Tesla T4")
    assert os.environ["TF_XLA_FLAGS"] == "--tf_xla_auto_jit=0"
    assert not forget_programs()
