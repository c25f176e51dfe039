"""The settings of a task: resources, caching, secrets, pod, registration."""
