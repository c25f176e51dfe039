"""HTML and text made from plain data by pure functions, without IPython and without a kernel."""
