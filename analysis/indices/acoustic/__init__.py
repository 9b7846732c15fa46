"""Acoustic indices: arrays in, numbers out."""
