"""Files described and compared for people; nothing is unpickled."""
