"""The table of everything captured, and the reasons why something can't travel."""
