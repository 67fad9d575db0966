"""Weights in files: those of others, read as plain arrays, and safetensors."""
