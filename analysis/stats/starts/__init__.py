"""Restoration that began in different seasons: effects by cohort, and their power."""
