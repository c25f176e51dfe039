"""Whether a file that has just been written loads: tried once, in a process of its own."""
