"""`colab-pix2pix`, with less patience towards Drive: tests have no minutes."""

from __future__ import annotations

import sys

from colab_pix2pix.cli import main
from colab_pix2pix.storage import checkpoints
from support.fake_trainer import FAST

checkpoints.Timing = lambda: FAST
sys.exit(main.main())
