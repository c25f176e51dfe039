"""The classes that people hold: files, directories, tables, errors."""
