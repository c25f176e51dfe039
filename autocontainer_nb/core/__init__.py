"""The task model: tasks, workflows, resolvers, settings, and their form on the wire. No network."""
