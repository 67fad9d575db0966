"""Mounts the double of DriveFS, with the checks and the errors of the real `drive.mount`."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from . import _world
from .errors import MessageError

_TESTS = Path(__file__).parents[4]


def mount(
    mountpoint: str, force_remount: bool = False, timeout_ms: int = 120000, readonly: bool = False
) -> None:
    """Mounts the person's Drive, once they have agreed."""
    _world.note("drive.mount", mountpoint=mountpoint)
    if " " in mountpoint:
        raise ValueError("Mountpoint must not contain a space.")
    if _world.said("consent") == "refused":
        raise MessageError("Error: credential propagation was unsuccessful")
    if not force_remount and os.path.isdir(os.path.join(mountpoint, "MyDrive")):
        print(
            f"Drive already mounted at {mountpoint}; to attempt to forcibly "
            f'remount, call drive.mount("{mountpoint}", force_remount=True).'
        )
        return
    if os.path.ismount(mountpoint):
        subprocess.run(["fusermount3", "-u", "-z", mountpoint], check=True)
    _check(mountpoint)
    if _world.said("consent") == "failed":
        raise ValueError("mount failed")
    _start(Path(mountpoint), timeout_ms / 1000)
    print(f"Mounted at {mountpoint}")


def _check(mountpoint: str) -> None:
    if os.path.islink(mountpoint):
        raise ValueError("Mountpoint must not be a symlink")
    if os.path.isdir(mountpoint) and os.listdir(mountpoint):
        raise ValueError("Mountpoint must not already contain files")
    if not os.path.isdir(mountpoint) and os.path.exists(mountpoint):
        raise ValueError("Mountpoint must either be a directory or not exist")
    if not os.path.exists(os.path.dirname(os.path.normpath(mountpoint))):
        raise ValueError("Mountpoint must be in a directory that exists")


def _start(mountpoint: Path, seconds: float) -> None:
    mountpoint.mkdir(exist_ok=True)
    home = _world.folder() / "d"
    home.mkdir(exist_ok=True)
    with open(_world.folder() / "drivefs.log", "ab") as log:
        daemon = subprocess.Popen(
            [
                os.environ["FAKE_COLAB_PYTHON"],
                "-m",
                "support.drivefs",
                str(mountpoint),
                f"--home={home}",
            ],
            cwd=_TESTS,
            stdout=log,
            stderr=log,
            start_new_session=True,  # an interrupt of the kernel is not for Drive
        )
    (_world.folder() / "drivefs.pid").write_text(str(daemon.pid))
    end = time.monotonic() + seconds
    while not (mountpoint / "MyDrive").is_dir():
        if daemon.poll() is not None or time.monotonic() > end:
            raise ValueError("mount failed")
        time.sleep(0.02)


def flush_and_unmount(timeout_ms: int = 24 * 60 * 60 * 1000) -> None:
    """Waits until everything is uploaded, then takes the mount away."""
    _world.note("drive.flush_and_unmount")
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    here = [m[1] for m in mounts if m[2] == "fuse.drive" and _world.folder() in Path(m[1]).parents]
    if not here:
        print("Drive not mounted, so nothing to flush and unmount.")
        return
    end = time.monotonic() + timeout_ms / 1000
    while _pending(Path(here[0])):
        if time.monotonic() > end:
            raise ValueError("flush_and_unmount failed")
        time.sleep(0.02)
    if subprocess.run(["fusermount3", "-u", "-z", here[0]]).returncode:
        raise ValueError("flush_and_unmount failed")
    shutil.rmtree(_world.folder() / "d" / "cache", ignore_errors=True)


def _pending(mount: Path) -> bool:
    files = (path for path in mount.rglob("*") if path.is_file())
    return any(os.getxattr(file, "user.drive.uncommitted") == b"1" for file in files)
