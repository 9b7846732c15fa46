"""Talking MQTT: the bus, its client, a sender that keeps, the life of a service."""
