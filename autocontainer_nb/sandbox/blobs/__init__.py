"""Files and the way to them: paths, signed links, HTTP."""
