"""Points that left the journal's tables: for files of sealed days, or for an engine of their own."""
