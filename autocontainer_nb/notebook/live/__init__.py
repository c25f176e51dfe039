"""The live displays of a cell: running executions and uploads."""
