"""Indicators: what they are, and from a study to one value a site and season."""
