"""From the spool to ingest, within a day's bytes."""
