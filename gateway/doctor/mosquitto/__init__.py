"""What Mosquitto's own files say: its configuration, its lists, its log."""
