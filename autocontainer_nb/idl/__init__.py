"""Functions over flyteidl messages: identifiers, literals, phases, times. The messages aren't wrapped."""
