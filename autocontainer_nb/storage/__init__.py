"""Bytes at a URI: local files, memory, object stores (s3, gs, abfs), signed URLs."""
