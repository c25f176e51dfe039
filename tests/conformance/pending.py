"""Definitions that we don't take yet, by name, each with what is missing. Strict: what passes must leave the table."""

PENDING: dict[str, str] = {}
