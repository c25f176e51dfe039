"""The kinds of tasks that people write: functions, containers, shell scripts."""
