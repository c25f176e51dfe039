"""What a running task can use, and what it leaves for people."""
