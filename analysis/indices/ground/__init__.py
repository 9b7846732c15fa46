"""Soil, weather and what they ask of plants and animals."""
