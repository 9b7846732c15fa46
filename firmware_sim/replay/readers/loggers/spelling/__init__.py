"""How files write things: dates, directions, names of columns, titles with units."""
