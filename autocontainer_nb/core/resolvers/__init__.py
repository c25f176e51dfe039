"""Resolvers: how a container finds its task."""
