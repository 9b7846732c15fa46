"""Reads recorded files, each as the messages that its device would have sent."""
