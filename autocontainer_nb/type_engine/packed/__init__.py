"""Values inside dataclasses and dicts, as msgpack carries them."""
