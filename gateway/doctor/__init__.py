"""What the technician should do next."""
