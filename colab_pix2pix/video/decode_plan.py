"""Which frames are taken, and the least that must be decoded for them.

A frame needs what lies between it and the keyframe before it. Runs of packets are decoded each for
itself, begun at a keyframe; within one, what no wanted frame needs is not decoded at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..spacing import evenly_spaced
from .packets import Packets
from .timeline import Timeline

_MERGED_GAP = 64  # packets; beginning anew costs more than to pass over as many


@dataclass(frozen=True)
class Run:
    """Packets in a row that are decoded by one decoder, from a keyframe on.

    Attributes:
        first: The first packet.
        needed: For each packet from there on, whether it is decoded, bool.
        wanted: The packets whose frames are wanted.
    """

    first: int
    needed: np.ndarray
    wanted: frozenset[int]


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

    Long gaps in which the file has no frames do not count.

    Args:
        timeline: All frames.
        start: Begin of the span in seconds, on the clock of the timeline.
        end: End of the span.
        steps: How many are wanted; fewer come when there are fewer frames.
        exact: False takes a keyframe where one lies in the same part of the span.
    """
    inside = np.flatnonzero((timeline.seconds >= start - 1e-6) & (timeline.seconds < end - 1e-6))
    if not len(inside):
        inside = nearest_frames(timeline.seconds, np.array([start]))
    frames = timeline.even_seconds[inside]
    start, end = start + frames[0] - timeline.seconds[inside[0]], end - timeline.seconds[inside[-1]]
    end += frames[-1]
    wanted = evenly_spaced_times(start, end, steps)
    # A hair earlier, so that rounding does not decide when a middle falls between two frames.
    picks = nearest_frames(frames, wanted - 1e-6)
    if not exact:
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


def plan_runs(timeline: Timeline, picks: np.ndarray) -> list[Run]:
    """Returns the runs of packets to decode for the picked frames, in the order of the file."""
    packets = timeline.packets
    wanted = np.sort(timeline.packet_index[picks])
    needed = np.zeros(len(packets), bool)
    keyframes = np.flatnonzero(packets.keyframe)
    group = np.searchsorted(keyframes, wanted, side="right") - 1
    for number in np.unique(group):
        last = int(wanted[group == number].max())
        needed[
            _group_start(packets, keyframes, int(number), wanted[group == number]) : last + 1
        ] = True
    borders = np.flatnonzero(np.diff(needed.astype(np.int8), prepend=0, append=0))
    runs: list[list[int]] = []
    for begin, end in borders.reshape(-1, 2).tolist():
        if runs and begin - runs[-1][1] <= _MERGED_GAP:
            runs[-1][1] = end
        else:
            runs.append([begin, end])
    return [
        Run(
            begin, needed[begin:end], frozenset(wanted[(wanted >= begin) & (wanted < end)].tolist())
        )
        for begin, end in runs
    ]


def whole_run(timeline: Timeline, picks: np.ndarray) -> Run:
    """Returns a run of everything from the beginning of the file to the last picked frame."""
    wanted = timeline.packet_index[picks]
    # A few more: a filter that joins half pictures looks at the frame that follows.
    end = min(len(timeline.packets), int(wanted.max()) + _MERGED_GAP)
    return Run(0, np.ones(end, bool), frozenset(wanted.tolist()))


def _group_start(packets: Packets, keyframes: np.ndarray, number: int, wanted: np.ndarray) -> int:
    """Returns where decoding begins for packets of a group of pictures.

    That is its keyframe, or the one before where a frame is shown before its own keyframe (open
    GOP): it refers to the group before, too.
    """
    if number < 0:
        return 0
    first = int(keyframes[number])
    shown = packets.presentation_ticks
    if number > 0 and bool((shown[wanted] < shown[first]).any()):
        return int(keyframes[number - 1])
    return first
