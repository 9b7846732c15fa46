"""The profiles that the engine knows, in one dict: names of indices -> how they are computed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from analysis.indices.acoustic.definition import Definition
from analysis.indices.acoustic.ecoviv import ECOVIV
from analysis.indices.acoustic.seewave import SEEWAVE
from analysis.indices.acoustic.soundecology import SOUNDECOLOGY
from analysis.sound.measure import ecoviv, maad, rpackages
from analysis.sound.measure.window import Computed, SampledWindow
from contract.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Profile:
    """One family of definitions.

    ``definitions`` always computed, ``on_demand`` only with regions of interest asked for;
    ``compute`` gives a number or a reason for each name; ``uses_spectrogram`` the shared
    1024-sample one.
    """

    name: str
    definitions: Mapping[str, Definition]
    compute: Callable[[SampledWindow, Collection[str]], Computed]
    on_demand: Mapping[str, Definition] = field(default_factory=dict)
    uses_spectrogram: bool = False

    def wanted(self, *, roi: bool, names: Collection[str] | None) -> dict[str, Definition]:
        """The definitions asked for."""
        known = dict(self.definitions) | (dict(self.on_demand) if roi else {})
        return known if names is None else {name: one for name, one in known.items() if name in names}


def truncated_band(definition: Definition, sample_rate: int) -> bool:
    """True where the index's band reaches beyond what this sampling rate holds."""
    return highest_hz(definition) > sample_rate / 2


def highest_hz(definition: Definition) -> float:
    """The highest frequency [Hz] that a definition's parameters name, 0 where they name none."""
    parameters = definition.parameters
    tops = [value[1] for key in ("band_hz", "mid_hz") if isinstance(value := parameters.get(key), tuple)]
    edge = parameters.get("to_hz")
    return max([*tops, float(edge) if isinstance(edge, int | float) else 0.0])


PROFILES: dict[str, Profile] = {
    "ecoviv-1": Profile("ecoviv-1", ECOVIV, ecoviv.compute),
    "maad-1.5.2": Profile("maad-1.5.2", maad.MAAD, maad.compute, maad.MAAD_ROI, uses_spectrogram=True),
    "seewave-2.2.4": Profile("seewave-2.2.4", SEEWAVE, rpackages.compute_seewave),
    "soundecology-1.3.3": Profile("soundecology-1.3.3", SOUNDECOLOGY, rpackages.compute_soundecology),
}


def profile(name: str) -> Profile:
    """The profile called ``name``; ``UnknownName`` with the list otherwise."""
    try:
        return PROFILES[name]
    except KeyError:
        raise UnknownName(f"{name!r} is not a profile", help=f"Use one of: {', '.join(PROFILES)}") from None
