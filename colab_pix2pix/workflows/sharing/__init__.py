"""What is shown to others of a training: a film of it, a sheet of pictures, a page."""
