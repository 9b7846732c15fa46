"""Diversity, activity and change of what was heard."""
