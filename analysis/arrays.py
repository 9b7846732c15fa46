"""The arrays that analysis passes around, by the field's words; the shape is each function's own to say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Measured or computed numbers in double precision."""

Integers = NDArray[np.int64]
"""Counts, places, and instants in nanoseconds UTC."""

Bools = NDArray[np.bool_]
"""Masks."""
