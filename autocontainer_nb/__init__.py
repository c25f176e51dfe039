"""Run a function from a notebook cell in a container somewhere else."""
