"""The arrays that the simulated world is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Simulated numbers in double precision; the shape is each function's own to say."""
