"""What a report is made of: what is measured on a run, and how the page tells it."""
