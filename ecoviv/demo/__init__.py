"""The whole road on one machine, from simulated sensors to a verdict."""
