"""Devices on the line: messages pushed as fast as receipts allow, counted."""
