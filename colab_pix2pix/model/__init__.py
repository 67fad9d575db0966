"""TensorFlow lives here, nowhere else."""
