"""A stand-in for Google Drive's mount in Colab, with its delays and its faults: see README.md."""

from .control import Drive, missing

__all__ = ["Drive", "missing"]
