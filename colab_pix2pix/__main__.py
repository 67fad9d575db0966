"""The command line: `python -m colab_pix2pix`."""

import sys

from .cli.main import main

sys.exit(main())
