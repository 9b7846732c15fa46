"""Restoration that began in different seasons."""
