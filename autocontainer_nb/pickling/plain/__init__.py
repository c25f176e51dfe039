"""Plain data: built-in values in built-in containers, taken many at a time, as fast as the interpreter's own loops."""
