"""The store in one SQLite file, with sealed days or not."""
