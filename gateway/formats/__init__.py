"""Foreign formats end here: one file each, and this dict, in the order in which they are asked."""

from __future__ import annotations

from gateway.formats.birdnet_go import BirdNetGo
from gateway.formats.chirpstack import ChirpStack
from gateway.formats.format import Format
from gateway.formats.mapped import Mapped
from gateway.formats.native import Native
from gateway.formats.operators import Actility, Loriot
from gateway.formats.stations.push import StationPush
from gateway.formats.ttn import TheThingsStack

FORMATS: dict[str, Format] = {
    "native": Native(),
    "chirpstack": ChirpStack(),
    "ttn": TheThingsStack(),
    "loriot": Loriot(),
    "actility": Actility(),
    "birdnet-go": BirdNetGo(),
    "push": StationPush(),
    "mapped": Mapped(),
}
