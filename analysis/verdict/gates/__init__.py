"""What the design and the data of each indicator must have before any test."""
