"""Plain data as HTML and as text: pure functions, without IPython and without a kernel."""
