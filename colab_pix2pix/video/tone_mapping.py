"""From high dynamic range to a screen's: light as numbers, highlights bent, and back."""

from __future__ import annotations

from functools import cache

import numpy as np

#: AVCOL_TRC -> name: PQ (HDR10, Dolby Vision) and HLG.
HDR = {16: "pq", 18: "hlg"}
_WHITE_NITS = 100.0  # what is white on a screen
_PEAK = 10.0  # times that: the brightest light that is meant
_UNTOUCHED = 0.3  # of white: the curve leaves what is darker alone
# BT.2020's primaries in those of BT.709 (ITU-R BT.2087).
_PRIMARIES = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)


def to_screen(planes: np.ndarray, transfer: str) -> np.ndarray:
    """Returns a picture of high dynamic range in a screen's colours.

    Args:
        planes: uint16 `(3, height, width)` in BT.2020, full range.
        transfer: "pq" or "hlg".

    Returns:
        uint8 `(3, height, width)`.
    """
    light = _light_of_codes(transfer)[planes]
    if transfer == "hlg":  # ITU-R BT.2100: from the light of the scene to that of a 1000 nit screen
        luminance = np.tensordot(_LUMINANCE, light, 1)
        light = light * np.power(np.maximum(luminance, 1e-6), 0.2) * _PEAK
    light = np.maximum(np.tensordot(_PRIMARIES, light, 1), 0)
    brightest = np.maximum(light.max(axis=0), 1e-6)
    light *= _bent(brightest) / brightest
    light = np.clip(light, 0, 1)
    codes = np.where(light < 0.018, 4.5 * light, 1.099 * np.power(light, 0.45) - 0.099)
    return np.asarray(np.rint(255 * codes), np.uint8)


def _bent(light: np.ndarray) -> np.ndarray:
    """Returns light with bent highlights: ffmpeg's `tonemap=mobius`."""
    j, peak = _UNTOUCHED, _PEAK
    a = -j * j * (peak - 1) / (j * j - 2 * j + peak)
    b = (j * j - 2 * j * peak + peak) / (peak - 1)
    curve = (b * b + 2 * b * j + j * j) / (b - a) * (light + a) / (light + b)
    return np.asarray(np.where(light <= j, light, curve))


@cache
def _light_of_codes(transfer: str) -> np.ndarray:
    """Returns the light of each 16-bit code: ITU-R BT.2100, PQ in screen whites, HLG in 0 to 1."""
    code = np.arange(65536, dtype=np.float64) / 65535
    if transfer == "pq":
        power = code ** (1 / 78.84375)
        light = np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
        return (light ** (1 / 0.1593017578125) * 10_000 / _WHITE_NITS).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return light.astype(np.float32)
