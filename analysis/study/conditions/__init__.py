"""At which hours of the sun, and in what weather, somebody listened."""
