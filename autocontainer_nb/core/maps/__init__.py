"""`map_task`: a task or launch plan run for each item of a list."""
