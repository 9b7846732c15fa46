"""A recording is a world that already happened."""
