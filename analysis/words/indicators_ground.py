"""What indicators of soil and weather are called and mean."""

from __future__ import annotations

from analysis.words import Words

_WEATHER_WORDS = Words(
    "Weather explains a season; it is never evidence that a territory recovers.",
    "La météo explique une saison ; elle ne prouve jamais qu'un territoire se rétablit.",
)
_ONE_DEPTH = Words(
    "One depth at one place: compare probes at one depth only.",
    "Une profondeur en un lieu : ne comparer que des sondes à même profondeur.",
)
_TEXTURE = Words(
    "Bounds of a texture class are wide: compare changes of a site, not levels of sites.",
    "Les bornes d'une classe de texture sont larges : comparer des changements, pas des niveaux.",
)

# fmt: off
GROUND_WORDS: dict[str, tuple[Words, Words, Words]] = {
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
        Words("FAO-56 Penman-Monteith of hours, wind taken as measured at 2 m.",
              "Penman-Monteith FAO-56 au pas horaire, vent supposé mesuré à 2 m."),
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
    "soil-temperature": (
        Words("Soil temperature",
              "Température du sol"),
        Words("Mean over valid days.",
              "Moyenne des jours valides."),
        _ONE_DEPTH,
    ),
    "soil-daily-swing": (
        Words("Daily swing of the soil",
              "Amplitude journalière du sol"),
        Words("Mean of highest minus lowest of a day.",
              "Moyenne du maximum moins le minimum du jour."),
        _ONE_DEPTH,
    ),
    "soil-air-offset": (
        Words("Soil against air",
              "Sol par rapport à l'air"),
        Words("Mean of soil minus air temperature at the same hours.",
              "Moyenne de la température du sol moins celle de l'air aux mêmes heures."),
        _ONE_DEPTH,
    ),
    "soil-extractable-water": (
        Words("Water that plants can take",
              "Eau disponible pour les plantes"),
        Words("Mean relative extractable water: 0 at the wilting point, 1 at field capacity.",
              "Eau extractible relative moyenne : 0 au point de flétrissement, 1 à la capacité au champ."),
        _TEXTURE,
    ),
    "soil-drought-days": (
        Words("Drought days of the soil",
              "Jours de sécheresse du sol"),
        Words("Share of valid days with less than 0.4 of the extractable water.",
              "Part des jours valides sous 0,4 de l'eau extractible."),
        _TEXTURE,
    ),
    "soil-water-index": (
        Words("Soil water index",
              "Indice d'eau du sol"),
        Words("Water of the root zone, by an exponential filter of the probe over 20 days.",
              "Eau de la zone racinaire, par filtre exponentiel de la sonde sur 20 jours."),
        Words("A model of depth, not a measurement of it.",
              "Un modèle de la profondeur, pas sa mesure."),
    ),
    "water-regulation-proxy": (
        Words("Water regulation (proxy)",
              "Régulation de l'eau (indicateur approché)"),
        Words("Share of valid days without drought in the soil.",
              "Part des jours valides sans sécheresse du sol."),
        Words("A proxy, not the service: no flow, flood or recharge is measured, and rain moves it.",
              "Approché, pas le service : ni débit, ni crue, ni recharge ; la pluie le fait varier."),
    ),
    "microclimate-regulation-proxy": (
        Words("Microclimate regulation (proxy)",
              "Régulation du microclimat (indicateur approché)"),
        Words("Share of a change of the controls' air that does not arrive at the site.",
              "Part d'une variation de température des témoins qui n'arrive pas au site."),
        Words("A proxy of a service, not the service; it depends on where sensors hang and on their shields.",
              "Un indicateur approché, pas le service ; dépend de l'emplacement et de l'abri des capteurs."),
    ),
    "air-temperature": (
        Words("Air temperature",
              "Température de l'air"),
        Words("Mean over valid days.",
              "Moyenne des jours valides."),
        _WEATHER_WORDS,
    ),
    "air-daily-swing": (
        Words("Daily swing of the air",
              "Amplitude journalière de l'air"),
        Words("Mean of highest minus lowest of a day.",
              "Moyenne du maximum moins le minimum du jour."),
        _WEATHER_WORDS,
    ),
    "air-frost-days": (
        Words("Frost in the air",
              "Gel de l'air"),
        Words("Share of valid days below 0 °C.",
              "Part des jours valides sous 0 °C."),
        _WEATHER_WORDS,
    ),
    "heat-degree-hours": (
        Words("Heat a day",
              "Chaleur par jour"),
        Words("Degrees above 30 °C times their hours, a valid day.",
              "Degrés au-dessus de 30 °C multipliés par leurs heures, par jour valide."),
        _WEATHER_WORDS,
    ),
    "wet-bulb-maximum": (
        Words("Humid heat",
              "Chaleur humide"),
        Words("Mean of the day's highest wet-bulb temperature (at sea-level pressure).",
              "Moyenne du maximum journalier de température humide (à la pression de la mer)."),
        _WEATHER_WORDS,
    ),
    "reference-evapotranspiration-daily": (
        Words("Reference evapotranspiration a day, from daily extremes",
              "Évapotranspiration de référence par jour, par extrêmes journaliers"),
        Words("FAO-56 Penman-Monteith of days, wind taken as measured at 2 m; never mixed with hours.",
              "Penman-Monteith FAO-56 au pas du jour, vent supposé à 2 m ; jamais mêlée à l'horaire."),
        _WEATHER_WORDS,
    ),
    "drought-index-balance": (
        Words("Drought index (SPEI, 3 months)",
              "Indice de sécheresse (SPEI, 3 mois)"),
        Words("How unusual rain minus evapotranspiration of the last three months was for this place.",
              "À quel point pluie moins évapotranspiration des trois derniers mois était inhabituelle ici."),
        _WEATHER_WORDS,
    ),
}
# fmt: on
