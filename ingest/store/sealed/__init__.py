"""Sealed days as files that never change."""
