"""The one watcher that asks a control plane how executions go, for everybody in this process who wants to know."""
