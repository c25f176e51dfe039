"""The IPython extension: `%load_ext autocontainer_nb`, the `%flyte` magic, cell capture, the live display."""
