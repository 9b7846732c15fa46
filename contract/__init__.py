"""The ground: the language that all rooms speak; nothing here starts a program."""
