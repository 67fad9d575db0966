"""Scenes of a video: where one begins, and which are held out whole."""
