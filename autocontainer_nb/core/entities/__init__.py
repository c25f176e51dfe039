"""The common ground of tasks, workflows and launch plans: names, interfaces, documentation."""
