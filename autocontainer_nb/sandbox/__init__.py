"""The embedded control plane: Flyte's gRPC on loopback, state in SQLite, containers as local processes.

It knows protobuf messages and command lines only, never the task model. Other packages enter by `process`
(`ensure_running`, `stop`, `status`, `flyte_config`).
"""
