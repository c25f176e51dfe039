"""The blob store: paths, signed links, and the HTTP server."""
