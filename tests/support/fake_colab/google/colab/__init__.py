"""A double of Colab's own package: see README.md two folders up."""

from . import drive, errors, files, output, runtime, userdata

__all__ = ["drive", "errors", "files", "output", "runtime", "userdata"]
