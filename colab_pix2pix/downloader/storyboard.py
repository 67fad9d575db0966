"""The small frames that some sites have of a video for their own seek bar: yt-dlp's storyboards."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from .web_images import fetch_image

_MOST_SHEETS = 4  # of frames, that are fetched; YouTube's have 25 to 100 frames each
_TILES = 12


def storyboard_frames(metadata: Mapping[str, Any]) -> list[Image.Image]:
    """Returns twelve frames that lie evenly over a video, of the largest storyboard that is quick.

    Args:
        metadata: What yt-dlp knows of the video.

    Returns:
        The frames; [] where the site has none, or one of them does not come.
    """
    duration = float(metadata.get("duration") or 0.0)
    boards = [one for one in metadata.get("formats") or () if _is_storyboard(one)]
    boards = [one for one in boards if len(one["fragments"]) <= _MOST_SHEETS]
    if not boards or duration <= 0:
        return []
    board = max(boards, key=lambda one: one["width"] * one["height"])
    moments = [(tile + 0.5) * duration / _TILES for tile in range(_TILES)]
    return _frames(board, duration, moments)


def _is_storyboard(found: Mapping[str, Any]) -> bool:
    sizes = [found.get(name) for name in ("width", "height", "rows", "columns", "fps")]
    fragments = found.get("fragments")
    return (
        found.get("format_note") == "storyboard"
        and all(isinstance(size, (int, float)) and size > 0 for size in sizes)
        and isinstance(fragments, list)
        and all(isinstance(one.get("url"), str) for one in fragments)
        and bool(fragments)
    )


def _frames(
    board: Mapping[str, Any], duration: float, moments: Sequence[float]
) -> list[Image.Image]:
    columns, on_sheet = int(board["columns"]), int(board["rows"] * board["columns"])
    last = max(0, math.floor(duration * board["fps"] + 1e-6) - 1)
    sheets: dict[int, Image.Image] = {}
    frames = []
    for moment in moments:
        number, place = divmod(min(int(moment * board["fps"]), last), on_sheet)
        if number not in sheets:
            if number >= len(board["fragments"]):
                return []
            if (sheet := fetch_image(board["fragments"][number]["url"])) is None:
                return []
            sheets[number] = sheet
        row, column = divmod(place, columns)
        left, top = column * int(board["width"]), row * int(board["height"])
        box = (left, top, left + int(board["width"]), top + int(board["height"]))
        if box[2] > sheets[number].width or box[3] > sheets[number].height:
            return []
        frames.append(sheets[number].crop(box))
    return frames
