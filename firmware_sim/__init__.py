"""Pretends to be the field: a seeded landscape with a known truth, and recordings played again."""
