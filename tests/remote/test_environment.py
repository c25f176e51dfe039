"""Variables that a library reads while it is imported."""

import os

from autocontainer_nb.remote import environment


def test_a_default_lasts_as_long_as_it_is_needed(monkeypatch):
    """A variable that isn't set is set inside only; one that the user has set stays what it is."""
    monkeypatch.delenv("A_LIBRARYS", raising=False)
    with environment.default("A_LIBRARYS", "quiet"):
        assert os.environ["A_LIBRARYS"] == "quiet"
    assert "A_LIBRARYS" not in os.environ
    monkeypatch.setenv("A_LIBRARYS", "loud")
    with environment.default("A_LIBRARYS", "quiet"):
        assert os.environ["A_LIBRARYS"] == "loud"
    assert os.environ["A_LIBRARYS"] == "loud"
