"""Detections that another program made, read from what it wrote."""
