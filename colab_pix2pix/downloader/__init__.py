"""A link or a path becomes a video file; yt-dlp lives here, nowhere else."""
