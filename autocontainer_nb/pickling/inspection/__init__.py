"""Pickled-entity files described and compared, without unpickling them."""
