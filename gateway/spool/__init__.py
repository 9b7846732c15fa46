"""What the gateway took and ingest has not confirmed, on disk."""
