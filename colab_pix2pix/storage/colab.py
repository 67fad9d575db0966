"""Google Colab: the only file that knows google.colab."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .. import mounts
from ..errors import DriveError, ProjectError
from ..events import Note, OnEvent
from ..languages import _
from .drive import is_drive, not_mounted

MOUNT_POINT = Path("/content/drive")

_PATIENCE_SECONDS = 30.0


def in_colab() -> bool:
    """Returns True in a Colab runtime. (That google.colab can be imported proves nothing.)"""
    return "COLAB_RELEASE_TAG" in os.environ or Path("/var/colab/hostname").exists()


def mount() -> None:
    """Mounts Google Drive in Colab; does nothing elsewhere, or when it is mounted.

    Google asks the user once a session for the permission: Colab can then read and write the whole
    Drive, for as long as the session lives. This package touches its own folder only.

    Raises:
        DriveError: the mount was refused or did not appear.
    """
    if not in_colab() or is_drive(MOUNT_POINT):
        return
    from google.colab import drive

    try:
        drive.mount(str(MOUNT_POINT))
    except Exception as error:  # google.colab raises bare ValueErrors and its own MessageError
        raise DriveError(
            _("Google Drive was not mounted: {error}.", error=error),
            why=_("Projects are kept on your Drive, because a Colab machine loses its own disk."),
            fix=_("Run the cell again and allow the access."),
        ) from error
    if not is_drive(MOUNT_POINT):
        raise DriveError(
            _("Google Drive does not show up at {place}.", place=MOUNT_POINT),
            fix=_("Choose Runtime > Disconnect and delete runtime, then start again."),
        )


def secrets(names: Sequence[str], on_event: OnEvent) -> dict[str, str]:
    """Returns what a person keeps in Colab (the key in the bar on the left), by name.

    What is not there is left out, and so is what this notebook may not read: that is told.

    Args:
        names: What to look for; nothing is found but in Colab.
        on_event: Told notes.
    """
    if not in_colab():
        return {}
    from google.colab import errors, userdata

    found = {}
    for name in names:
        try:
            found[name] = str(userdata.get(name))
        except userdata.SecretNotFoundError:
            continue
        except (userdata.NotebookAccessError, errors.Error) as error:  # its TimeoutException, ...
            message = _("Colab does not give the secret {name}: {why}", name=name, why=error)
            on_event(Note(message=message, level="warning"))
    return found


def port_address(port: int) -> str:
    """Returns where the browser finds a port of this machine: in Colab, Google's way to it.

    Raises:
        DriveError: Colab's page does not answer.
    """
    if not in_colab():
        return f"http://127.0.0.1:{port}/"
    from google.colab import output

    script, why = f"google.colab.kernel.proxyPort({port})", "no answer"
    try:
        answer = output.eval_js(script, timeout_sec=_PATIENCE_SECONDS)
        if isinstance(answer, str):
            return answer
    except Exception as error:  # its own MessageError, a TimeoutError, ...
        why = str(error)
    raise DriveError(
        _("Colab's page gave no address for port {port}: {why}.", port=port, why=why),
        why=_("The page of the model is served by this machine; the browser needs a way to it."),
        fix=_("Keep the notebook's tab open and run the cell again."),
    )


def project_root() -> Path:
    """Returns the folder of all projects.

    That is `$COLAB_PIX2PIX_HOME` where set, in Colab `MyDrive/colab_pix2pix`, else
    `colab_pix2pix` in the home folder.

    Raises:
        DriveError: in Colab, when Drive is not mounted (a folder made there would be a look-alike
            on the machine's own disk).
    """
    if home := os.environ.get("COLAB_PIX2PIX_HOME"):
        return Path(home).expanduser()
    if not in_colab():
        return Path.home() / "colab_pix2pix"
    if not is_drive(MOUNT_POINT):
        raise DriveError(
            _("Google Drive is not mounted."), fix=_("Run the project cell to mount it.")
        )
    return MOUNT_POINT / "MyDrive" / "colab_pix2pix"


def require_mounted(path: Path) -> None:
    """Makes sure that a path on Drive is no look-alike on this machine's own disk.

    Raises:
        DriveError: in Colab, the path lies below the mount point, and nothing is mounted there.
    """
    below = mounts.locate(path).path.is_relative_to(mounts.locate(MOUNT_POINT).path)
    if in_colab() and below and not is_drive(MOUNT_POINT):
        raise not_mounted(path)


def flush_and_release() -> None:
    """Waits until Drive has uploaded everything, unmounts it and gives the Colab machine back.

    Raises:
        DriveError: this is no Colab machine, Drive could not be flushed, or Colab does not take
            the machine back.
    """
    if not in_colab():
        raise DriveError(
            _("There is no Colab runtime to release."),
            fix=_("Close the program, nothing else is due."),
        )
    from google.colab import drive, runtime

    try:
        drive.flush_and_unmount()
    except Exception as error:  # google.colab raises bare ValueErrors
        raise DriveError(
            _("Google Drive was not flushed: {error}. The runtime is still yours.", error=error),
            fix=_("Wait a few minutes and try again."),
        ) from error
    try:
        runtime.unassign()
    except Exception as error:  # google.colab's own errors can't be imported elsewhere
        raise DriveError(
            _("Colab did not take the machine back: {error}", error=error),
            why=_("Everything is on Drive, which is unmounted now."),
            fix=_("Choose Runtime > Disconnect and delete runtime."),
        ) from error


def upload(folder: Path) -> list[Path]:
    """Shows Colab's dialogue for a file of the user's own computer, below the running cell.

    Args:
        folder: Where files are put; it is made where missing.

    Returns:
        The files that were chosen; [] when the dialogue was left.
    """
    from google.colab import files

    folder.mkdir(parents=True, exist_ok=True)
    return [folder / Path(name).name for name in files.upload(target_dir=str(folder))]


def download(file: Path) -> None:
    """Lets the browser of a Colab notebook save a file of this machine on the user's computer.

    Raises:
        ProjectError: the file is not there any more.
    """
    from google.colab import files

    if not file.is_file():
        raise ProjectError(
            _("{file} is not there any more.", file=file), fix=_("Run the cell again that made it.")
        )
    files.download(str(file))
