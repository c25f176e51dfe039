"""The code that people wrote: cells, source texts, imports, and whose a module is."""
