"""What a client does, by subject: the bases of `FlyteRemote`, whose methods delegate."""
