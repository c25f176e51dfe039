"""The form of values inside dataclasses and dicts, as encoded by msgpack."""
