"""The task model: tasks, resolvers, pickled entities, settings, and their form on the wire. No network."""
