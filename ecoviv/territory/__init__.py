"""The territory file in people's hands: checked, shown, and changed with its comments kept."""
