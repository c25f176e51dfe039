"""The embedded control plane: Flyte's gRPC on loopback, state in SQLite, containers as local processes.

Knows protobuf messages and command lines only: never the task model. `process` is the door for everybody else
(`ensure_running`, `stop`, `status`), `config_text` writes a configuration file for any Flyte client.
"""
