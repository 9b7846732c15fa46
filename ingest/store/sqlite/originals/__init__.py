"""Foreign messages as they came, beside the messages that they gave."""
