"""The HTTP door: a thread of its own that takes pushes and hands them to the gateway."""
