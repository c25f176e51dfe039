"""A workflow's graph: promises, nodes and bindings, how calls draw them, and the local run."""
