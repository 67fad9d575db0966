"""What the person and Google do: files in a folder, written by the test."""

import json
import os
from pathlib import Path
from typing import Any


def folder() -> Path:
    """Returns the folder that holds all of it."""
    return Path(os.environ["FAKE_COLAB"])


def said(name: str) -> str:
    """Returns what the test has written into a file, or ""."""
    path = folder() / name
    return path.read_text().strip() if path.exists() else ""


def note(call: str, **given: Any) -> None:
    """Keeps a line on a call for the test."""
    with open(folder() / "calls.jsonl", "a") as file:
        file.write(json.dumps({"call": call, **given}) + "\n")
