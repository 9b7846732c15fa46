"""Listening to clips: what a plan draws, where the sound is, and the page to listen by."""
