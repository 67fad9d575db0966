"""The numbers of a run: the losses of the last steps, and a line of means for each few of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import TrainingError
from ..events import Metrics, pack_history, unpack_history
from ..languages import _

if TYPE_CHECKING:
    from .evaluation import Score


class History:
    """Collects losses; a resumed run continues the lines as if it had never stopped.

    Attributes:
        lines: The history.
    """

    def __init__(self) -> None:
        self.lines: list[Metrics] = []
        self._losses: list[np.ndarray] = []

    def add(self, losses: np.ndarray) -> None:
        """Adds the losses of some steps: `(steps, 3)`, in the order of `pix2pix.LOSSES`."""
        self._losses.extend(losses)

    def close_line(self, step: int, epoch: int, score: Score | None, saved_step: int) -> Metrics:
        """Adds a line with the mean losses since the last one, and returns it.

        Raises:
            TrainingError: a loss is no number any more.
        """
        gan, l1, discriminator = self.checked(step, saved_step).mean(axis=0)
        self._losses.clear()
        row = Metrics(
            step=step,
            epoch=epoch,
            generator_gan_loss=float(gan),
            generator_l1_loss=float(l1),
            discriminator_loss=float(discriminator),
            held_out_l1_loss=score.l1 if score else None,
            held_out_ssim=score.ssim if score else None,
            held_out_follow=score.follow if score else None,
            held_out_follow_other_light=score.follow_other_light if score else None,
        )
        self.lines.append(row)
        return row

    def checked(self, step: int, saved_step: int) -> np.ndarray:
        """Returns the losses since the last line: `(steps, 3)`.

        Args:
            step: The steps done so far.
            saved_step: The step that a resume would start at.

        Raises:
            TrainingError: one of them is no number any more.
        """
        losses = np.array(self._losses, np.float64)
        if np.isfinite(losses).all():
            return losses
        good = _("step {n}", n=saved_step) if saved_step > 0 else _("the beginning")
        raise TrainingError(
            _(
                "Training broke shortly before step {step}: the losses are no numbers any more.",
                step=step,
            ),
            why=_("The step width is too large, or the number format too coarse, for this run."),
            fix=_(
                "Nothing broken was saved: the same command goes on from {where}, with a smaller"
                " learning_rate or with precision float32.",
                where=good,
            ),
        )

    def packed(self) -> dict[str, Any]:
        """Returns what a checkpoint's manifest keeps of it."""
        return {
            "history": pack_history(self.lines),
            # The sums behind the next line, so that a resume does not change it.
            "unmeasured": [loss.tolist() for loss in self._losses],
        }

    def unpack(self, manifest: dict[str, Any]) -> None:
        """Takes up what `packed` gave."""
        self.lines = unpack_history(manifest["history"])
        self._losses = [np.array(loss) for loss in manifest["unmeasured"]]
