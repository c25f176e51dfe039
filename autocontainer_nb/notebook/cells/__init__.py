"""What is known of the notebook's cells."""
