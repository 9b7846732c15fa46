"""Reading by maps: a foreign message and a table of what its fields mean become readings.

1. ``shipped`` holds the maps of this folder (``*.toml``), ``choice`` finds the one that counts.
2. ``reading`` applies it, with ``paths`` (where a field stands), ``numbers`` and ``times``.
"""
