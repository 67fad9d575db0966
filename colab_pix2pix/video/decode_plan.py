"""The least that must be decoded for some frames of a video.

ffmpeg's own ways are to decode everything, or to start anew and seek for each frame. Here one
ffmpeg copies the file without the packets that no wanted frame needs, which costs next to nothing,
and a second one decodes what is left in one go. Sparse frames so cost the way from the keyframe
before them, keyframes cost themselves, and dense ones are spared the tails of the groups of
pictures (GOPs) and the frames that no other frame refers to.
"""

from __future__ import annotations

import numpy as np

from ..ffmpeg import outside
from ..spacing import evenly_spaced
from .packets import Packets
from .timeline import Timeline

_WORTH = 0.9  # of all packets; above it, a second process costs more than it saves
_ROUNDING_SECONDS = 0.002  # of times that went through ffmpeg and back


def evenly_spaced_times(start: float, end: float, steps: int) -> np.ndarray:
    """Returns the middles of `steps` equal parts of a span of time, in seconds."""
    return np.asarray(start + (np.arange(steps) + 0.5) * (end - start) / steps)


def nearest_frames(frames: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Returns for each wanted time the index of the frame nearest to it; both are sorted."""
    right = np.clip(np.searchsorted(frames, wanted), 0, len(frames) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(wanted - frames[left] <= frames[right] - wanted, left, right)


def pick_frames(
    timeline: Timeline, start: float, end: float, steps: int, *, exact: bool
) -> np.ndarray:
    """Returns the indices of frames that lie evenly over a span of time, each once.

    Args:
        timeline: All frames.
        start: Begin of the span in seconds, on the clock of the file.
        end: End of the span.
        steps: How many are wanted; fewer come when there are fewer frames.
        exact: False takes a keyframe where one lies in the same part of the span.
    """
    inside = np.flatnonzero((timeline.seconds >= start - 1e-6) & (timeline.seconds < end - 1e-6))
    if not len(inside):
        inside = nearest_frames(timeline.seconds, np.array([start]))
    frames = timeline.seconds[inside]
    wanted = evenly_spaced_times(start, end, steps)
    # A hair earlier, so that rounding does not decide when a middle falls between two frames.
    picks = nearest_frames(frames, wanted - 1e-6)
    if not exact and timeline.packets is not None:
        keyframes = np.flatnonzero(timeline.packets.keyframe[timeline.packet_index[inside]])
        if len(keyframes):
            candidates = keyframes[nearest_frames(frames[keyframes], wanted)]
            close = np.abs(frames[candidates] - wanted) <= (end - start) / steps / 2
            picks = np.where(close, candidates, picks)
    return np.asarray(inside[_without_repeats(picks, min(steps, len(inside)), len(inside))])


def _without_repeats(picks: np.ndarray, wanted: int, total: int) -> np.ndarray:
    """Returns `wanted` different indices below `total`: the picks, and others for repeated ones."""
    picks = np.unique(picks)
    missing = wanted - len(picks)
    if missing <= 0:
        return picks
    spare = np.setdiff1d(np.arange(total), picks)
    return np.union1d(picks, spare[evenly_spaced(len(spare), missing)])


def packets_to_decode(timeline: Timeline, picks: np.ndarray) -> np.ndarray | None:
    """Returns which packets the picked frames need: bool `(packets,)`; None for nearly all."""
    packets = timeline.packets
    if packets is None or not packets.keyframe.any():
        return None
    wanted = np.sort(timeline.packet_index[picks])
    needed = np.zeros(len(packets.keyframe), bool)
    if packets.has_open_gops:
        # ffmpeg's H.264 decoder loses frames where it does not start afresh: no gaps but those that
        # nobody misses.
        if timeline.partial:
            return None
        needed[: wanted[-1] + 1] = packets.reference[: wanted[-1] + 1]
    else:
        keyframes = np.flatnonzero(packets.keyframe)
        gop_of_wanted = np.searchsorted(keyframes, wanted, side="right") - 1
        for gop in np.unique(gop_of_wanted[gop_of_wanted >= 0]):
            last = int(wanted[gop_of_wanted == gop].max())
            _add_gop(needed, packets, keyframes, int(gop), last)
    needed[wanted] = True
    return needed if needed.mean() < _WORTH else None


def _add_gop(
    needed: np.ndarray, packets: Packets, keyframes: np.ndarray, gop: int, last: int
) -> None:
    """Adds what it takes to decode the packet `last` of a group that begins with a keyframe."""
    first = int(keyframes[gop])
    span = np.arange(first, last + 1)
    leading = packets.presentation_seconds[span] < packets.presentation_seconds[first]
    if leading[-1] and gop > 0:
        # Shown before its keyframe (open GOP): it also refers to the group before.
        _add_gop(needed, packets, keyframes, gop - 1, first - 1)
        leading[:] = False
    needed[span[packets.reference[span] & ~leading]] = True


def dropped_packets(packets: Packets, needed: np.ndarray) -> str:
    """Returns an ffmpeg expression, for its filter `noise`, that is 0 for the needed packets only.

    A run of packets ends before a keyframe at the latest, because packets may be missing there.
    """
    begins = np.diff(needed.astype(np.int8), prepend=0) == 1
    firsts = np.flatnonzero(needed & (begins | packets.keyframe))
    lasts = np.flatnonzero(needed & ~np.append(needed[1:] & ~packets.keyframe[1:], False))
    decode_seconds = packets.decode_seconds
    if decode_seconds is None:
        return outside("n", [(int(a), int(b)) for a, b in zip(firsts, lasts, strict=True)])
    half = np.diff(decode_seconds).min() / 2 if len(decode_seconds) > 1 else 1.0
    spans = zip(decode_seconds[firsts] - half, decode_seconds[lasts] + half, strict=True)
    return outside("dts*tb", [(float(first), float(last)) for first, last in spans])


def times_expression(frames: np.ndarray, picks: np.ndarray) -> str:
    """Returns an ffmpeg expression of `t` that is true for the picked frames only.

    Args:
        frames: The times of all frames in seconds, sorted.
        picks: Indices of the wanted frames, sorted.
    """
    half = min(np.diff(np.sort(frames)).min() / 2, _ROUNDING_SECONDS) if len(frames) > 1 else 1.0
    return f"not({outside('t', [(time - half, time + half) for time in frames[picks]])})"
