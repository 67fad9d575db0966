"""`python -m support.drivefs MOUNT_POINT --home DIR` mounts the double and serves commands."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

import mfusepy

from .cloud import Cloud
from .control import serve
from .filesystem import DriveFileSystem
from .uploads import Uploads


def main() -> None:
    parser = argparse.ArgumentParser(prog="drivefs", description=__doc__)
    parser.add_argument("mount_point", type=Path)
    parser.add_argument("--home", type=Path, required=True, help="holds cloud/, cache/, control")
    parser.add_argument("--bandwidth", type=float, default=1e9, help="upload in bytes a second")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds from close to upload")
    parser.add_argument("--quota", type=int, default=15 << 30, help="bytes of the account")
    parser.add_argument("--attributes", choices=["all", "none", "md5-only"], default="all")
    parser.add_argument("--kind", default="drive", help="of the mount: fuse.KIND")
    given = parser.parse_args()
    cloud = Cloud(given.home / "cloud", given.quota)
    uploads = Uploads(cloud, bandwidth=given.bandwidth, delay=given.delay)
    files = DriveFileSystem(cloud, uploads, given.home / "cache", attributes=given.attributes)
    threading.Thread(target=uploads.run, daemon=True).start()
    threading.Thread(target=serve, args=(given.home / "control", files), daemon=True).start()
    # direct_io: what the program reads comes from here and not from the kernel's memory.
    mfusepy.FUSE(
        files,
        str(given.mount_point),
        foreground=True,
        fsname="drive",
        subtype=given.kind,
        direct_io=True,
        attr_timeout=0,
        entry_timeout=0,
        negative_timeout=0,
    )


if __name__ == "__main__":
    main()
