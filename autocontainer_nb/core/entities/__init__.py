"""What tasks, workflows and launch plans have in common."""
