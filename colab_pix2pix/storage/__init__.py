"""What must not be lost; NumPy only."""
