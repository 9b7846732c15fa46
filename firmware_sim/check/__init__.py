"""A firmware under test, and the gateway that is played to it."""
