"""A video file becomes decoded frames, and frames a video; nothing of crops in here."""
