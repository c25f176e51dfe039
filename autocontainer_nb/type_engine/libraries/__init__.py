"""Transformers for types of optional libraries; each module is imported only if its library is loaded."""
