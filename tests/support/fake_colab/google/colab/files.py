"""The upload dialogue, in which the test has chosen already, and the download."""

import os

from . import _world


def upload(target_dir: str = "") -> dict[str, bytes]:
    """Writes what was chosen into a folder; returns it by the paths it has got there."""
    _world.note("files.upload", target_dir=target_dir)
    if target_dir:
        os.makedirs(target_dir, exist_ok=True)
    chosen = _world.folder() / "chosen"
    uploaded = {}
    for file in sorted(chosen.iterdir()) if chosen.exists() else []:
        local = _unique(os.path.join(target_dir, file.name))
        print(f"Saving {file.name} to {local}")
        content = file.read_bytes()
        with open(local, "ab") as target:
            target.write(content)
        uploaded[local] = content
    return uploaded


def _unique(filename: str) -> str:
    if not os.path.lexists(filename):
        return filename
    counter = 1
    while True:
        path, extension = os.path.splitext(filename)
        new = f"{path} ({counter}){extension}"
        if not os.path.lexists(new):
            return new
        counter += 1


def download(filename: str) -> None:
    """Sends a file to the browser; here it is only noted."""
    if not os.path.exists(filename):
        raise FileNotFoundError(f"Cannot find file: {filename}")
    _world.note("files.download", filename=filename)
