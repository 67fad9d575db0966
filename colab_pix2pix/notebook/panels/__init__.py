"""What shows a long job and its results."""
