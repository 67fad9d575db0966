"""How much memory this process has had, and how much more it may have."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
#: What a container may have and has, in bytes: version 2 of Linux' control groups, and version 1.
_CONTAINER = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def peak_bytes() -> int:
    """Returns the most memory that this process has ever had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def available_bytes() -> int:
    """Returns how much more memory there is before the system ends a process.

    Pages that only repeat what is on a disc count as free. A very large number where nobody tells
    (macOS).
    """
    return min(_machine_bytes(), *(_container_bytes(*files) for files in _CONTAINER))


def _machine_bytes() -> int:
    try:
        for line in _MEMINFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # no Linux
    return sys.maxsize


def _container_bytes(limit: str, used: str) -> int:
    try:
        return max(0, int(Path(limit).read_text()) - int(Path(used).read_text()))
    except (ValueError, OSError):  # no container, or one without a limit ("max")
        return sys.maxsize
