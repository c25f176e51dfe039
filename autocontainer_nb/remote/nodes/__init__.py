"""What is inside an execution: its nodes, what they run, their attempts, values, decks, and what they wait for."""
