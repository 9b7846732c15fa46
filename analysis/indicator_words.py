"""What each indicator is called and means, in English and in French.

Explaining better does not make another indicator: these words enter no version.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The same in English and in French."""

    en: str
    fr: str

    def in_(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


_HILL_WORDS = Words(
    "Not a number of species that live here: only of those that the detector knows and that call.",
    "Ce n'est pas un nombre d'espèces présentes : seulement celles que le détecteur connaît et qui émettent.",
)
_SOUND_WORDS = Words(
    "Not diversity: one cicada can fill a day. Shown beside the verdict, never in it.",
    "Ce n'est pas une diversité : une cigale peut remplir la journée. À côté du verdict, jamais dedans.",
)
_WEATHER_WORDS = Words(
    "Weather explains a season; it is never evidence that a territory recovers.",
    "La météo explique une saison ; elle ne prouve jamais qu'un territoire se rétablit.",
)

# fmt: off
WORDS: dict[str, tuple[Words, Words, Words]] = {
    "species-detection-rate": (
        Words("Detection rate of species", "Taux de détection des espèces"),
        Words("On which share of valid days a species is heard, averaged over species on the logit scale.",
              "Part des jours valides où une espèce est entendue, moyenne des espèces en échelle logit."),
        Words("Not occupancy and not abundance: a species that calls less is detected less.",
              "Ni occupation ni abondance : une espèce qui chante moins est moins détectée."),
    ),
    "hill-q1": (
        Words("Common species heard (Hill q = 1)", "Espèces communes entendues (Hill q = 1)"),
        Words("Effective number of species heard, at one sample coverage for all sites and seasons.",
              "Nombre effectif d'espèces entendues, à une même couverture pour tous les sites et saisons."),
        _HILL_WORDS,
    ),
    "hill-q0": (
        Words("Species heard (Hill q = 0)", "Espèces entendues (Hill q = 0)"),
        Words("Number of species heard, at one sample coverage for all sites and seasons.",
              "Nombre d'espèces entendues, à une même couverture pour tous les sites et saisons."),
        _HILL_WORDS,
    ),
    "hill-q2": (
        Words("Dominant species heard (Hill q = 2)", "Espèces dominantes entendues (Hill q = 2)"),
        Words("Effective number of the most often heard species, at one sample coverage for all.",
              "Nombre effectif des espèces le plus souvent entendues, à une même couverture."),
        _HILL_WORDS,
    ),
    "likeness-to-reference": (
        Words("Likeness to reference sites", "Ressemblance aux sites de référence"),
        Words("Mean Sørensen similarity of the species heard to those of each reference site.",
              "Similarité moyenne de Sørensen des espèces entendues à celles de chaque site de référence."),
        Words("Not quality: references may differ in soil, age and history; a site may be good otherwise.",
              "Pas une qualité : les références peuvent différer par le sol, l'âge et l'histoire."),
    ),
    "vocal-activity": (
        Words("Voices an hour", "Voix par heure"),
        Words("Detections of the species that count, an hour of valid listening.",
              "Détections des espèces retenues, par heure d'écoute valide."),
        Words("Not individuals: one bird may call a hundred times, and weather moves calling.",
              "Pas des individus : un oiseau peut chanter cent fois, et la météo module le chant."),
    ),
    "acoustic-activity": (
        Words("Acoustic activity", "Activité acoustique"),
        Words("Share of valid time in which sound stands out of its background.",
              "Part du temps valide où un son dépasse son fond sonore."),
        _SOUND_WORDS,
    ),
    "dawn-chorus-onset": (
        Words("Onset of the dawn chorus", "Début du chœur de l'aube"),
        Words("Median time at which activity passes half of its rise, after sunrise.",
              "Heure médiane où l'activité dépasse la moitié de sa hausse, après le lever du soleil."),
        Words("Not the first song of a species; rain and cloud delay it. It also checks the clock.",
              "Pas le premier chant d'une espèce ; pluie et nuages le retardent. Contrôle aussi l'horloge."),
    ),
    "soundscape-change": (
        Words("Change of the soundscape", "Changement du paysage sonore"),
        Words("Robust distance of a season's acoustic indices from the site's own seasons before.",
              "Distance robuste des indices acoustiques d'une saison aux saisons d'avant du même site."),
        Words("It says different, never better.", "Il dit différent, jamais meilleur."),
    ),
    "soil-moisture": (
        Words("Soil moisture", "Humidité du sol"),
        Words("Mean volumetric water content over valid days.",
              "Teneur en eau volumique moyenne des jours valides."),
        Words("Not soil life, carbon or plant-available water; a few centimetres around one probe.",
              "Ni vie du sol, ni carbone, ni eau utile ; quelques centimètres autour d'une sonde."),
    ),
    "soil-thermal-damping": (
        Words("Thermal damping of the soil", "Amortissement thermique du sol"),
        Words("Share of the daily swing of the air that the soil does not follow.",
              "Part de l'oscillation journalière de l'air que le sol ne suit pas."),
        Words("Not soil life; it depends on depth, wetness and cover together.",
              "Pas la vie du sol ; dépend à la fois de la profondeur, de l'eau et du couvert."),
    ),
    "microclimate-buffering": (
        Words("Microclimate buffering (slope)", "Tampon microclimatique (pente)"),
        Words("How much of a change of the controls' air arrives at the site; below 1 is buffered.",
              "Part d'une variation de température des témoins qui arrive au site ; sous 1 : tamponné."),
        Words("A proxy of microclimate regulation; it depends on where sensors hang and on their shields.",
              "Indicateur approché de régulation ; dépend de l'emplacement et de l'abri des capteurs."),
    ),
    "microclimate-offset": (
        Words("Offset of daily maxima", "Écart des maxima journaliers"),
        Words("How much warmer the hottest hour is than at the controls.",
              "De combien l'heure la plus chaude dépasse celle des témoins."),
        Words("A proxy of microclimate regulation; it is not the temperature that an animal feels.",
              "Indicateur approché de régulation ; pas la température que ressent un animal."),
    ),
    "vapour-pressure-deficit": (
        Words("Dryness of the air", "Sécheresse de l'air"),
        Words("Mean vapour pressure deficit.", "Déficit de pression de vapeur moyen."),
        _WEATHER_WORDS,
    ),
    "growing-degree-days": (
        Words("Growing degrees a day", "Degrés de croissance par jour"),
        Words("Mean of growing degree days above 10 °C.", "Moyenne des degrés-jours au-dessus de 10 °C."),
        _WEATHER_WORDS,
    ),
    "rain": (
        Words("Rain a day", "Pluie par jour"),
        Words("Mean rain of valid days.", "Pluie moyenne des jours valides."),
        _WEATHER_WORDS,
    ),
    "species-expected": (
        Words("Species expected (Chao)", "Espèces attendues (Chao)"),
        Words("Number of species expected from endless listening: a lower bound.",
              "Nombre d'espèces attendu d'une écoute sans fin : une borne inférieure."),
        _HILL_WORDS,
    ),
    "community-turnover": (
        Words("Change of the species heard", "Changement des espèces entendues"),
        Words("Sørensen dissimilarity from what the site let hear in its seasons before.",
              "Dissimilarité de Sørensen avec ce que le site laissait entendre avant."),
        Words("It says different, never better.", "Il dit différent, jamais meilleur."),
    ),
    "soil-frost-days": (
        Words("Frost in the soil", "Gel dans le sol"),
        Words("Share of valid days on which the probe fell below 0 °C.",
              "Part des jours valides où la sonde est passée sous 0 °C."),
        Words("One depth at one place; snow and cover matter as much as cold.",
              "Une profondeur en un lieu ; neige et couvert comptent autant que le froid."),
    ),
    "soil-dry-down": (
        Words("Dry-down time", "Temps de ressuyage"),
        Words("Median e-folding time of soil water after rain.",
              "Temps médian de décroissance (1/e) de l'eau du sol après la pluie."),
        Words("Slower is not better by itself: clay and shade both slow it.",
              "Plus lent n'est pas mieux en soi : argile et ombre ralentissent toutes deux."),
    ),
    "heat-days": (
        Words("Hot days", "Jours chauds"),
        Words("Share of valid days above 30 °C.", "Part des jours valides au-dessus de 30 °C."),
        _WEATHER_WORDS,
    ),
    "reference-evapotranspiration": (
        Words("Reference evapotranspiration a day", "Évapotranspiration de référence par jour"),
        Words("FAO-56 Penman-Monteith, wind taken as measured at 2 m.",
              "Penman-Monteith FAO-56, vent supposé mesuré à 2 m."),
        _WEATHER_WORDS,
    ),
    "water-balance": (
        Words("Water balance a day", "Bilan hydrique par jour"),
        Words("Rain minus reference evapotranspiration.", "Pluie moins évapotranspiration de référence."),
        _WEATHER_WORDS,
    ),
    "drought-index": (
        Words("Drought index (SPI, 3 months)", "Indice de sécheresse (SPI, 3 mois)"),
        Words("How unusual the rain of the last three months was for this place.",
              "À quel point la pluie des trois derniers mois était inhabituelle ici."),
        _WEATHER_WORDS,
    ),
}
"""Indicator -> title, meaning, and what it does not mean."""
# fmt: on
