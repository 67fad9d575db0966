"""Filters that make a decoded frame what a player shows."""

from __future__ import annotations

from ..errors import VideoError
from ..ffmpeg import run
from .probe import VideoInfo

_HDR = ("smpte2084", "arib-std-b67")  # PQ (HDR10, Dolby Vision) and HLG
_MATRICES = {
    "bt709": "bt709",
    "smpte170m": "bt601",
    "bt470bg": "bt601",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
    "bt2020c": "bt2020",
}
_HIGH_DEFINITION = 720
# Light as numbers, a curve that leaves the dark half alone and bends the highlights, and back.
_TONE_MAPPING = (
    "zscale=transfer=linear:npl=100,format=gbrpf32le,zscale=primaries=bt709,"
    "tonemap=mobius:desat=0,zscale=transfer=bt709:matrix=bt709:range=limited,format=yuv444p,"
)


def filters_before_select(info: VideoInfo) -> str:
    """Returns filters that need all frames in a row: deinterlacing makes one of two fields."""
    return "bwdif=mode=send_frame," if info.interlaced else ""


def filters_after_select(info: VideoInfo) -> str:
    """Returns filters for the selected frames alone: from high dynamic range to a screen's.

    Raises:
        VideoError: the video is HDR and this ffmpeg can't convert it.
    """
    if info.transfer not in _HDR:
        return ""
    if b" zscale " not in run(["-filters"], what="listing filters"):
        raise VideoError(
            f"{info.path} is a video of high dynamic range ({info.transfer}).",
            why="This ffmpeg has no filter zscale, without which its colours would be wrong.",
            fix="Install imageio-ffmpeg's own ffmpeg, or choose another format of the video.",
        )
    return _TONE_MAPPING


def scale_colours(info: VideoInfo) -> str:
    """Returns options for ffmpeg's `scale` that say how the stored colours are meant.

    A file that does not say it is meant like any other of its size: BT.709 in high definition,
    else BT.601.
    """
    if info.transfer in _HDR:
        return ":in_color_matrix=bt709:in_range=limited"
    if info.matrix == "gbr":
        return ""
    guess = "bt709" if min(info.width, info.height) >= _HIGH_DEFINITION else "bt601"
    matrix = _MATRICES.get(info.matrix, guess)
    return f":in_color_matrix={matrix}:in_range={'full' if info.full_range else 'limited'}"
