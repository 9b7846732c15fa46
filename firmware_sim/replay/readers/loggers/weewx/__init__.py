"""What weewx keeps: its database, and tables with the names of its fields."""
