"""Foreign formats end here: one file each, and this dict, in the order in which they are asked."""

from __future__ import annotations

from gateway.formats.face import Format
from gateway.formats.native import Native

FORMATS: dict[str, Format] = {"native": Native()}
