"""From a link to square crops: yt-dlp and ffmpeg live here; no TensorFlow, no widgets."""
