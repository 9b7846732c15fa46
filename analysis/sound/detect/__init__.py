"""Species named in sound, by detectors behind one protocol."""
