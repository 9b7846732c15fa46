"""Points in InfluxDB, a SQLite file as the journal beside it."""
