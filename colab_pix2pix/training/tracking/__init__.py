"""Metrics and sample pictures go to wandb, trackio or mlflow too; only here are those known."""
