"""What people, notebooks and programs give by mistake in place of a path, a number or an object."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

#: In place of anything.
OBJECTS: list[Any] = [
    None, True, False, 0, 1, -1, 7, 3.5, -0.0, float("nan"), float("inf"), float("-inf"), 10**30,
    1j, b"", b"clip.mp4", bytearray(b"x"), memoryview(b"x"), [], [1], [None], [[]], ["a", 1], (),
    (1,), (1, 2, 3), ("a", "b", "c"), {}, {"a": 1}, {1}, frozenset(), set(), object(), object, int,
    len, Ellipsis, NotImplemented, range(3), slice(1), iter([]), iter([1]), (n for n in (1, 2)),
    io.BytesIO(b"x"), io.StringIO("x"), np.zeros(3), np.zeros((2, 2), np.uint8), np.int64(3),
    np.float32(0.5), np.nan, Image.new("RGB", (2, 2)), ValueError("x"), Path, os, print, {"a": [1]},
]  # fmt: skip

#: In place of a text.
TEXTS = [
    "", " ", "\t\n", "\u00a0", "''", '""', '"', "'", "“”", "`", "' '", '" "', "-", "--", "-x",
    "--help", "?", "*", "*.jpg", "{}", "{0}", "%s", "%", "%d%n", "$HOME", "${x}", "`ls`", "; ls",
    "<script>alert(1)</script>", "&amp;", "a\0b", "\0", "a\nb", "a\rb", "\x1b[31mred", "\x07",
    "\x7f", "\ud800", "a\udfff.mp4", "\udcff.png", "\ufeffx", "\u200b", "\u202egpj.exe", "🌻.png",
    "e\u0301.jpg", "é.jpg", "文件.mp4", "x" * 256, "x" * 5000, "é" * 130, "a/" * 3000,
    "~nosuchuser",
    "~nosuchuser/x.mp4", "'~nosuchuser/x.mp4'", "~/nothing.mp4", "~", "nothing", "nothing.mp4",
    " nothing.mp4 ", '"nothing.mp4"', "'nothing.png'", "“nothing.zip”", "«nothing»",
    "no/such/folder/x.jpg", "./x", "../x", "C:\\clip.mp4", "C:/clip.mp4", "\\\\server\\share",
    "clip.mp4:stream", "a:b", "a?b", "a|b", "con", "nul.png", "x.", ".x", ".mp4", ".png", "x.heic",
    "x.txt", "x.exe", "x.mp4.png", "x..png", "x.PNG", "null", "None", "nan", "true", "0", "-1",
    "1e9", "0x10", "1;2", "[1]", '{"a": 1}', "last ", "best.",
]  # fmt: skip

#: In place of a link; none of them reaches a server.
LINKS = [
    "http://", "https://", "https:", "https:/x", "http:///", "https://[", "https://[::1",
    "https://:80", "https://x:y", "https://x:0/", "https://a b/", "HTTPS://", "//x/y", "://x",
    "ftp://x/y.mp4", "file:///etc/passwd", "file:x", "data:text/plain,x", "javascript:alert(1)",
    "mailto:a@b", "s3://b/k", "gs://b/k", "rtmp://x", "blob:https://x/y", "https://me:secret@",
    "http://me:secret@:1/x", "about:blank", "magnet:?xt=1", "smb://x/y", "x://y",
]  # fmt: skip


def lay_out(desk: Path) -> list[Path]:
    """Puts files and folders that are not what their names say into a folder; returns all."""
    contents = {
        "empty.mp4": b"",
        "empty.png": b"",
        "empty.zip": b"",
        "empty": b"",
        "text.mp4": b"no video " * 99,
        "text.png": b"no picture",
        "text.zip": b"no zip",
        "page.mp4": b"<html><body>Sign in</body></html>",
        "cut.png": _picture("PNG")[:60],
        "cut.jpg": _picture("JPEG")[:300],
        "bare.zip": b"PK\x05\x06" + bytes(18),
        "zeros.mp4": bytes(4096),
        "zeros.jpg": bytes(4096),
        "zeros.zip": bytes(4096),
        "a.json": b"{}",
        "list.m3u8": b"#EXTM3U\nhttp://127.0.0.1:9/x.ts\n",
        "half.webp": b"RIFF\xff\xff\xff\xffWEBPVP8 ",
        "script.png": b"#!/bin/sh\n",
        "names.zip": _zip({"a.txt": b"x"}),
        "bad.zip": _zip({"a.png": b"x"}),
        "leaves.zip": _zip({"../a.png": _picture("PNG")}),
        "cut.zip": _zip({"a.png": bytes(999)})[:500],
    }
    for name, content in contents.items():
        (desk / name).write_bytes(content)
    for name in ("folder", "folder.png", "folder.mp4", "folder.zip", "inner/deep"):
        (desk / name).mkdir(parents=True)
    (desk / "torn").mkdir()
    (desk / "torn" / "manifest.json").write_text('{"format": 1, "crops": [{}]')
    (desk / "odd").mkdir()
    (desk / "odd" / "manifest.json").write_text('{"format": 1, "crops": 5, "sources": {}}')
    (desk / "dead.mp4").symlink_to("gone.mp4")
    (desk / "loop.png").symlink_to("loop.png")
    os.mkfifo(desk / "pipe.mp4")
    os.mkfifo(desk / "pipe.png")
    below = [desk / "empty" / "x.png", desk / "text.zip" / "a.png", desk / "loop.png" / "x"]
    devices = [Path(p) for p in ("/dev/null", "/dev/zero", "/dev/null/x", "/proc/nothing/x.png")]
    return [*sorted(p for p in desk.iterdir()), *below, *devices]


def _picture(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((40, 40), 60).convert("RGB").save(stream, kind)
    return stream.getvalue()


def _zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()
