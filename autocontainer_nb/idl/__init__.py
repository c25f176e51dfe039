"""Functions over flyteidl messages: identifiers, literals, phases. Messages are used as they are."""
