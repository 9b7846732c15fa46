"""The ground of a site: what water its soil holds, and the curve of a probe in it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.places.slug import Slug

Texture = Literal[
    "sand", "loamy-sand", "sandy-loam", "loam", "silt-loam", "silt", "silty-clay-loam", "silty-clay", "clay"
]
"""Texture classes of the USDA for which FAO-56 tabulates water contents."""


class Calibration(BaseModel):
    """Raw count x -> soil_moisture = a x² + b x + c [m3/m3], for one soil type."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Slug
    a: float
    b: float
    c: float
    source: str = Field(min_length=3)
    """Where the curve comes from, with DOI if published."""


class Soil(BaseModel):
    """Between which water contents plants can take water: as measured, or as a texture class has them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texture: Texture | None = None
    field_capacity: float | None = Field(default=None, gt=0, lt=1)
    """Water content that drained soil holds [m3/m3]."""
    wilting_point: float | None = Field(default=None, ge=0, lt=1)
    """Water content that plants cannot take [m3/m3]."""

    @model_validator(mode="after")
    def _bounds_or_texture(self) -> Self:
        low, high = self.wilting_point, self.field_capacity
        if (low is None) != (high is None):
            raise ValueError("field_capacity and wilting_point come together")
        if (low is None) == (self.texture is None):
            raise ValueError("give either texture, or field_capacity and wilting_point")
        if low is not None and high is not None and low >= high:
            raise ValueError(f"wilting_point {low} must lie below field_capacity {high}")
        return self
