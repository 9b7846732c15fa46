"""What is decided about a record: pure, without an engine."""
