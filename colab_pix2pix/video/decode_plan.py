"""The least that must be decoded for some pictures of a video.

ffmpeg's own ways are to decode everything, or to start anew and seek for each picture. Here one
ffmpeg copies the file without the packets that no wanted picture needs, which costs next to
nothing, and a second one decodes what is left in one go. Sparse pictures so cost the way from the
key frame before them, key frames cost themselves, and dense ones are spared the tails of the groups
and the pictures that no other picture refers to.
"""

from __future__ import annotations

import numpy as np

from ..ffmpeg import outside
from ..spacing import evenly_spaced
from .packets import Packets
from .timeline import Timeline

_WORTH = 0.9  # of all packets; above it, a second process costs more than it saves
_ROUNDING_SECONDS = 0.002  # of times that went through ffmpeg and back


def even_times(start: float, end: float, steps: int) -> np.ndarray:
    """Returns the middles of `steps` equal parts of a span of time, in seconds."""
    return np.asarray(start + (np.arange(steps) + 0.5) * (end - start) / steps)


def nearest(frames: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Returns for each wanted time the index of the frame nearest to it; both are sorted."""
    right = np.clip(np.searchsorted(frames, wanted), 0, len(frames) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(wanted - frames[left] <= frames[right] - wanted, left, right)


def choose_frames(
    timeline: Timeline, start: float, end: float, steps: int, *, exact: bool
) -> np.ndarray:
    """Returns the indices of the frames to cut, evenly over a span of time, each once.

    Args:
        timeline: All frames.
        start: Begin of the span in seconds, on the clock of the file.
        end: End of the span.
        steps: How many are wanted; fewer come when there are fewer frames.
        exact: False takes a key frame where one lies in the same part of the span.
    """
    inside = np.flatnonzero((timeline.seconds >= start - 1e-6) & (timeline.seconds < end - 1e-6))
    if not len(inside):
        inside = nearest(timeline.seconds, np.array([start]))
    frames = timeline.seconds[inside]
    wanted = even_times(start, end, steps)
    # A hair earlier, so that rounding does not decide when a middle falls between two frames.
    picks = nearest(frames, wanted - 1e-6)
    if not exact and timeline.packets is not None:
        keys = np.flatnonzero(timeline.packets.key[timeline.packet[inside]])
        if len(keys):
            near = keys[nearest(frames[keys], wanted)]
            close = np.abs(frames[near] - wanted) <= (end - start) / steps / 2
            picks = np.where(close, near, picks)
    picks = np.unique(picks)
    missing = min(steps, len(inside)) - len(picks)
    if missing > 0:
        spare = np.setdiff1d(np.arange(len(inside)), picks)
        picks = np.union1d(picks, spare[evenly_spaced(len(spare), missing)])
    return np.asarray(inside[picks])


def packets_to_decode(timeline: Timeline, picks: np.ndarray) -> np.ndarray | None:
    """Returns which packets the picked frames need, or None when that is nearly all of them."""
    packets = timeline.packets
    if packets is None or not packets.key.any():
        return None
    places = np.sort(timeline.packet[picks])
    needed = np.zeros(len(packets.key), bool)
    if packets.open_groups:
        # ffmpeg's H.264 decoder loses pictures where it does not start afresh: no gaps but those
        # that nobody misses.
        if timeline.partial:
            return None
        needed[: places[-1] + 1] = packets.reference[: places[-1] + 1]
    else:
        starts = np.flatnonzero(packets.key)
        group = np.searchsorted(starts, places, side="right") - 1
        for number in np.unique(group[group >= 0]):
            last = int(places[group == number].max())
            _add_group(needed, packets, starts, int(number), last)
    needed[places] = True
    return needed if needed.mean() < _WORTH else None


def _add_group(
    needed: np.ndarray, packets: Packets, starts: np.ndarray, number: int, last: int
) -> None:
    """Adds what it takes to decode the packet `last` of a group that begins with a key frame."""
    first = int(starts[number])
    span = np.arange(first, last + 1)
    leading = packets.seconds[span] < packets.seconds[first]
    if leading[-1] and number > 0:
        # Shown before its key frame (open group): it also refers to the group before.
        _add_group(needed, packets, starts, number - 1, first - 1)
        leading[:] = False
    needed[span[packets.reference[span] & ~leading]] = True


def dropped_packets(packets: Packets, needed: np.ndarray) -> str:
    """Returns an ffmpeg expression, for its filter `noise`, that is 0 for the needed packets only.

    A run of packets ends before a key frame at the latest, because packets may be missing there.
    """
    changes = np.diff(needed.astype(np.int8), prepend=0) == 1
    firsts = np.flatnonzero(needed & (changes | packets.key))
    ends = np.flatnonzero(needed & ~np.append(needed[1:] & ~packets.key[1:], False))
    if packets.decoded is None:
        return outside("n", [(int(a), int(b)) for a, b in zip(firsts, ends, strict=True)])
    half = np.diff(packets.decoded).min() / 2 if len(packets.decoded) > 1 else 1.0
    times = zip(packets.decoded[firsts] - half, packets.decoded[ends] + half, strict=True)
    return outside("dts*tb", [(float(first), float(last)) for first, last in times])


def times_expression(frames: np.ndarray, picks: np.ndarray) -> str:
    """Returns an ffmpeg expression of `t` that is true for the picked frames only.

    Args:
        frames: The times of all frames in seconds, sorted.
        picks: Indices of the wanted frames, sorted.
    """
    half = min(np.diff(np.sort(frames)).min() / 2, _ROUNDING_SECONDS) if len(frames) > 1 else 1.0
    return f"not({outside('t', [(time - half, time + half) for time in frames[picks]])})"
