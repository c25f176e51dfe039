"""Classes that tasks take and return: files, directories, tables, errors."""
