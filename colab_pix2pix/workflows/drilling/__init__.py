"""What a new machine would find of a project, and one step from there."""
