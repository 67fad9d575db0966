"""The one line about what is safe; the terminal, `status` and the notebook's panel all show it.

"Safe" and "saved" are said only of what a fresh machine could restore.
"""

from __future__ import annotations

import time

from .. import wording
from ..events import Safety
from ..languages import N_, _

_MOST = 0.99


def line(safety: Safety, now: float | None = None, monotonic_now: float | None = None) -> str:
    """Returns one sentence that is true at a moment.

    Args:
        safety: What is safe.
        now: The moment in seconds since 1970; the present by default.
        monotonic_now: The same moment by `time.monotonic`.

    Example:
        >>> line(Safety(on_drive=True, safe_step=12000, safe_time=0, local_step=12000), 180)
        'Safe on Drive: step 12 000 (3 min ago)'
        >>> line(Safety(on_drive=False), 0)
        'Nothing is saved yet'
    """
    now = time.time() if now is None else now
    parts = [_safe(safety, now)]
    if safety.missing_files:
        parts.append(_("not on Drive: {files}", files=safety.missing_files))
    if safety.uploading_step is not None:
        moment = time.monotonic() if monotonic_now is None else monotonic_now
        parts.append(_uploading(safety, moment))
    if safety.local_step is not None and safety.on_drive:
        known = (safety.safe_step, safety.written_step, safety.uploading_step)
        if safety.local_step > max(step or 0 for step in known):
            parts.append(
                _("step {step} on this machine only", step=wording.count(safety.local_step))
            )
    if safety.trouble:
        parts.append(safety.trouble)
    return " · ".join(part for part in parts if part)


def not_all(safety: Safety) -> str:
    """Returns what to say when a wait ends before everything is on Drive."""
    return _(
        "Not everything is on Drive. {line}. Leave this machine running and run the same again: it"
        " waits for the rest.",
        line=line(safety),
    )


def _safe(safety: Safety, now: float) -> str:
    safe = written = ""
    if safety.safe_step is not None:
        words = N_("Safe on Drive: step {step} ({ago})")
        words = words if safety.on_drive else N_("Saved: step {step} ({ago})")
        ago = _since(safety.safe_time, now)
        safe = _(words, step=wording.count(safety.safe_step), ago=ago)
        safe += f", {safety.safe_files}" if safety.safe_files else ""
    if safety.written_step is not None:
        when = _since(safety.written_time, now)
        step = wording.count(safety.written_step)
        words = N_("Written to Drive, not confirmed: step {step} ({ago})")
        written = _(words, step=step, ago=when)
    nothing = _("Nothing is on Drive yet") if safety.on_drive else _("Nothing is saved yet")
    return " · ".join(part for part in (safe, written) if part) or nothing


def _since(moment: float | None, now: float) -> str:
    seconds = 0.0 if moment is None else now - moment
    return _("{time} ago", time=wording.seconds_in_words(seconds))


def _uploading(safety: Safety, now: float) -> str:
    """Drive tells no progress: a share is an estimate from the upload before, and says so."""
    text = _("uploading step {step}", step=wording.count(safety.uploading_step or 0))
    if safety.uploading_since is None:
        return text
    elapsed = now - safety.uploading_since
    if not safety.upload_seconds:
        return _("{uploading} (for {time})", uploading=text, time=wording.seconds_in_words(elapsed))
    share = min(_MOST, max(0.0, elapsed / safety.upload_seconds))
    return _("{uploading} (about {share} %)", uploading=text, share=f"{share * 100:.0f}")
