"""A seeded landscape with a known truth, its devices and their faults."""
