"""The command line: `python -m colab_pix2pix`."""

import sys

from .cli import main

sys.exit(main())
