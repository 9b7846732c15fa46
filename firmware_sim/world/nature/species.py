"""The birds of the simulated territory: real names as labels, invented numbers.

Each row: scientific name, share of sites where it breeds, calls a minute at the height of
dawn where it breeds, when it sings, and how its call is drawn [Hz, s, notes].
The names are labels of simulated sounds; nothing here is a finding about the species.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Species:
    """One bird."""

    name: str
    occupancy: float
    """Share of ordinary sites where it breeds, before anything changes [1]."""
    rate: float
    """True calls a minute at the height of dawn, where it breeds [1/min]."""
    nocturnal: bool
    low_hz: float
    high_hz: float
    note_s: float
    notes: int


SPECIES = (
    Species("Turdus merula", 0.90, 1.45, False, 1800, 3200, 0.30, 4),
    Species("Turdus philomelos", 0.75, 1.29, False, 2200, 4200, 0.20, 5),
    Species("Erithacus rubecula", 0.85, 1.37, False, 2500, 6500, 0.18, 6),
    Species("Parus major", 0.90, 1.29, False, 3200, 5200, 0.16, 6),
    Species("Cyanistes caeruleus", 0.80, 1.13, False, 4200, 7200, 0.10, 8),
    Species("Fringilla coelebs", 0.85, 1.37, False, 2400, 5600, 0.12, 10),
    Species("Sylvia atricapilla", 0.80, 1.37, False, 2000, 5200, 0.15, 8),
    Species("Phylloscopus collybita", 0.75, 1.29, False, 3300, 5800, 0.14, 8),
    Species("Troglodytes troglodytes", 0.75, 1.29, False, 3600, 7600, 0.08, 16),
    Species("Prunella modularis", 0.55, 0.97, False, 3400, 6400, 0.12, 10),
    Species("Carduelis carduelis", 0.60, 0.97, False, 3000, 7000, 0.09, 10),
    Species("Chloris chloris", 0.55, 0.97, False, 2800, 5000, 0.12, 10),
    Species("Emberiza citrinella", 0.55, 1.13, False, 4000, 6500, 0.14, 8),
    Species("Emberiza cirlus", 0.40, 0.89, False, 4500, 6800, 0.07, 14),
    Species("Alauda arvensis", 0.55, 1.29, False, 2500, 6000, 0.10, 18),
    Species("Lullula arborea", 0.35, 0.89, False, 2200, 4400, 0.18, 8),
    Species("Anthus trivialis", 0.45, 0.97, False, 3200, 6600, 0.10, 12),
    Species("Luscinia megarhynchos", 0.55, 1.13, True, 1500, 5500, 0.14, 10),
    Species("Lanius collurio", 0.40, 0.72, False, 2600, 5000, 0.10, 6),
    Species("Saxicola rubicola", 0.50, 0.89, False, 2800, 5600, 0.10, 7),
    Species("Sturnus vulgaris", 0.65, 0.97, False, 1500, 7000, 0.15, 8),
    Species("Cuculus canorus", 0.65, 0.89, False, 500, 700, 0.25, 2),
    Species("Upupa epops", 0.40, 0.72, False, 480, 620, 0.18, 3),
    Species("Picus viridis", 0.60, 0.72, False, 1200, 2400, 0.14, 8),
    Species("Dendrocopos major", 0.65, 0.80, False, 1800, 4500, 0.05, 10),
    Species("Sitta europaea", 0.60, 0.89, False, 2000, 3600, 0.20, 6),
    Species("Certhia brachydactyla", 0.65, 0.97, False, 4200, 7000, 0.15, 6),
    Species("Oriolus oriolus", 0.50, 0.80, False, 1100, 2500, 0.25, 4),
    Species("Streptopelia turtur", 0.45, 0.80, False, 450, 650, 0.40, 3),
    Species("Strix aluco", 0.50, 0.80, True, 700, 1100, 0.50, 3),
)
