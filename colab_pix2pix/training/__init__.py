"""From crops to a saved generator."""
