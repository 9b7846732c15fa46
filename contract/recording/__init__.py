"""What a recorder wrote beside the sound, read once for every room: names, chunks, comments, tags."""
