"""A whole station on one machine: broker, services, and who watches them."""
