"""Takes the machine away."""

import os
import signal
import threading

from . import _world, output
from .errors import RuntimeManagementError


def unassign() -> None:
    """Gives the machine back: everything on it ends a moment later, without a word."""
    _world.note("runtime.unassign")
    if _world.said("unassign") == "fails":
        raise RuntimeManagementError("Unable to request VM unassignment.")
    output.eval_js("google.colab.kernel.disconnect();", ignore_result=True)
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGKILL)).start()
