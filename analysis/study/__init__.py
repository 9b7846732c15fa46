"""What is asked of a store, and the only door to it."""
