"""The conformance suite of stores, shipped: whoever writes an engine subclasses it.

1. ``suite.StoreContract`` is what every ``Store`` must do, by subjects: ``points``, ``hours``,
   ``listening``, ``identity``, ``clocks``, ``streams``, ``unreadable``.
2. ``elsewhere.ElsewhereContract`` is what ``PointsElsewhere`` must do, if that is all the engine is.
3. ``messages`` builds one valid thing each, ``acts`` puts them in and takes everything out.
4. ``memory`` is the smallest engine there is, to read and to copy.

The only part of the packages that needs pytest.
"""

import pytest

pytest.register_assert_rewrite(
    *(
        f"{__name__}.{part}"
        for part in (
            "clocks",
            "elsewhere",
            "hours",
            "identity",
            "listening",
            "points",
            "streams",
            "suite",
            "unreadable",
        )
    )
)
