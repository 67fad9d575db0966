"""All that the package says of itself is in setup.cfg; this file is for tools that ask for it."""

from setuptools import setup

setup()
