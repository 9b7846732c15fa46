"""What devices do wrong without knowing: repeat for ever, or keep another time."""
