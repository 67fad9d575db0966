"""ipywidgets and IPython live here, nowhere else."""
