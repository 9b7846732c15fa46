"""Voices stay home: the gate before every kept sound, the folder of what is kept, and its log."""
