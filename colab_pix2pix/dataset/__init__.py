"""Frames or pictures become crops: cut, marked, split, packed."""
