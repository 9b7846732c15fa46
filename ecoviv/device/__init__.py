"""A device on the bench."""
