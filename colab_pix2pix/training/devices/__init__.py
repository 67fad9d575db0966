"""What trains: which GPU there is, whether it can, and whether it does the same twice."""
