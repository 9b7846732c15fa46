"""Who may speak on the broker: credentials, rights, claims and labels."""
