"""Where the sites lie, and what lives, grows, rains and sounds there."""
