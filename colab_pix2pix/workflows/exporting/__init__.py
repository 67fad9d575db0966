"""What `export` and `publish` write beside a model."""
