"""What cells have changed in other modules, as far as a task's process gets it: settings, accessors, registrations."""
