"""Lists of what a control plane has: executions, entities, projects; with filters, page by page."""
