"""Imported tables: their lines and numbers, and the scale that their values are on."""
