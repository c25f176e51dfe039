"""Code that another minor version of Python can run: recorded at capture, rebuilt from source where it is loaded."""
