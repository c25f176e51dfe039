"""How functions, classes and odd objects travel: what is written and what makes it again, side by side."""
