"""What indicators of what is heard are called and mean."""

from __future__ import annotations

from analysis.words import Words

_HILL_WORDS = Words(
    "Not a number of species that live here: only of those that the detector knows and that call.",
    "Ce n'est pas un nombre d'espèces présentes : seulement celles que le détecteur connaît et qui émettent.",
)
_SOUND_WORDS = Words(
    "Not diversity: one cicada can fill a day. Shown beside the verdict, never in it.",
    "Ce n'est pas une diversité : une cigale peut remplir la journée. À côté du verdict, jamais dedans.",
)
_DIFFERENT = Words("It says different, never better.", "Il dit différent, jamais meilleur.")
_REFERENCE = Words(
    "Not quality: references may differ in soil, age and history.",
    "Pas une qualité : les références peuvent différer par le sol, l'âge et l'histoire.",
)
_OCCUPANCY = Words(
    "A share of sites, not animals; a model, which assumes that no species came or went within a season.",
    "Une part de sites, pas d'animaux ; un modèle, qui suppose la présence constante dans la saison.",
)

# fmt: off
HEARD_WORDS: dict[str, tuple[Words, Words, Words]] = {
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
    "community-replacement": (
        Words("Species replaced",
              "Espèces remplacées"),
        Words("Part of the change of the species heard that is replacement by others.",
              "Part du changement des espèces entendues due au remplacement par d'autres."),
        _DIFFERENT,
    ),
    "community-loss": (
        Words("Species lost or gained",
              "Espèces perdues ou gagnées"),
        Words("Part of the change of the species heard that is loss or gain without replacement.",
              "Part du changement des espèces entendues due à une perte ou un gain sans remplacement."),
        Words("A loss and a gain count alike: see the species heard for which it was.",
              "Perte et gain comptent de même : voir les espèces entendues."),
    ),
    "community-turnover-jaccard": (
        Words("Change of the species heard (Jaccard)",
              "Changement des espèces entendues (Jaccard)"),
        Words("Jaccard dissimilarity from what the site let hear in its seasons before.",
              "Dissimilarité de Jaccard avec ce que le site laissait entendre avant."),
        _DIFFERENT,
    ),
    "reference-replacement": (
        Words("Difference from references by replacement",
              "Écart aux références par remplacement"),
        Words("Part of the dissimilarity to the reference sites that is other species in their place.",
              "Part de la dissimilarité aux sites de référence due à d'autres espèces à la place."),
        _REFERENCE,
    ),
    "reference-loss": (
        Words("Difference from references by missing species",
              "Écart aux références par espèces manquantes"),
        Words("Part of the dissimilarity to the reference sites that is fewer (or more) species.",
              "Part de la dissimilarité aux sites de référence due à moins (ou plus) d'espèces."),
        _REFERENCE,
    ),
    "distinctness": (
        Words("Difference from the arm's other sites",
              "Différence avec les autres sites de la modalité"),
        Words("Mean Sørensen dissimilarity from the arm's other sites; its fall is homogenisation.",
              "Dissimilarité moyenne de Sørensen aux autres sites ; sa baisse : homogénéisation."),
        Words("Not quality: a ruined site differs from its neighbours too.",
              "Pas une qualité : un site dégradé diffère aussi de ses voisins."),
    ),
    "hill-q0-by-size": (
        Words("Species heard (Hill q = 0, equal days)",
              "Espèces entendues (Hill q = 0, jours égaux)"),
        Words("Number of species heard, in equally many valid days for all.",
              "Nombre d'espèces entendues, en un même nombre de jours valides."),
        _HILL_WORDS,
    ),
    "hill-q1-by-size": (
        Words("Common species heard (Hill q = 1, equal days)",
              "Espèces communes entendues (Hill q = 1, jours égaux)"),
        Words("Effective number of species heard, in equally many valid days for all.",
              "Nombre effectif d'espèces entendues, en un même nombre de jours valides."),
        _HILL_WORDS,
    ),
    "hill-q2-by-size": (
        Words("Dominant species heard (Hill q = 2, equal days)",
              "Espèces dominantes entendues (Hill q = 2, jours égaux)"),
        Words("Effective number of the most often heard species, in equally many valid days for all.",
              "Nombre effectif des espèces le plus souvent entendues, en un même nombre de jours valides."),
        _HILL_WORDS,
    ),
    "common-species-expected": (
        Words("Common species expected (q = 1)",
              "Espèces communes attendues (q = 1)"),
        Words("Effective number of species (exponential of Shannon) expected from endless listening.",
              "Nombre effectif d'espèces (exponentielle de Shannon) attendu d'une écoute sans fin."),
        _HILL_WORDS,
    ),
    "dominant-species-expected": (
        Words("Dominant species expected (q = 2)",
              "Espèces dominantes attendues (q = 2)"),
        Words("Effective number of dominant species (inverse Simpson) expected from endless listening.",
              "Nombre effectif des espèces dominantes (Simpson inverse) attendu d'une écoute sans fin."),
        _HILL_WORDS,
    ),
    "bat-passes": (
        Words("Bat passes an hour of night",
              "Passages de chauves-souris par heure de nuit"),
        Words("Passes (one label within five seconds) an hour of valid listening while the sun is down.",
              "Passages (une étiquette en cinq secondes) par heure d'écoute valide de nuit."),
        Words("Not individuals: one bat may pass all night. Only of recorders that record ultrasound.",
              "Pas des individus : une seule peut passer toute la nuit. Exige l'ultrason."),
    ),
    "dawn-chorus-duration": (
        Words("Duration of the dawn chorus",
              "Durée du chœur de l'aube"),
        Words("Median time between half of the rise and half of the fall of activity.",
              "Temps médian entre la mi-hausse et la mi-baisse de l'activité."),
        Words("Not a number of singers; rain and wind lengthen and shorten it.",
              "Pas un nombre de chanteurs ; pluie et vent l'allongent ou l'abrègent."),
    ),
    "soundscape-cover": (
        Words("Cover of the spectrum",
              "Couverture du spectre"),
        Words("Share of time and frequency, 1 to 10 kHz, 3 dB above background; stands in for saturation.",
              "Part du temps et des fréquences, 1 à 10 kHz, 3 dB sur le fond ; tient lieu de saturation."),
        _SOUND_WORDS,
    ),
    "species-trend": (
        Words("Trend of each species",
              "Tendance de chaque espèce"),
        Words("Yearly rate of change of the days heard in an arm (TRIM), with its official class.",
              "Taux de variation des jours entendus par modalité (TRIM), et sa classe officielle."),
        Words("Not of abundance, and of these seasons only; an arm's trend is no contrast.",
              "Pas d'abondance, de ces saisons seulement ; une modalité seule n'est pas un contraste."),
    ),
    "multi-species-index": (
        Words("Index of all species",
              "Indice de toutes les espèces"),
        Words("Geometric mean of species' indices by arm, 100 in the first season.",
              "Moyenne géométrique des indices d'espèces par modalité, 100 la première saison."),
        Words("One common species may hide the loss of a rare one: see each species.",
              "Une espèce commune peut cacher la perte d'une rare : voir chaque espèce."),
    ),
    "species-occupancy": (
        Words("Occupancy of each species",
              "Occupation par espèce"),
        Words("Share of sites occupied in a season, corrected for days on which it was not heard.",
              "Part des sites occupés en une saison, corrigée des jours où l'espèce n'est pas entendue."),
        _OCCUPANCY,
    ),
    "species-occupancy-false-positive": (
        Words("Occupancy of each species, false detections allowed",
              "Occupation par espèce, fausses détections admises"),
        Words("Share of sites occupied in a season where some detections may be false.",
              "Part des sites occupés en une saison, certaines détections pouvant être fausses."),
        Words("Rests on true detections being the more frequent ones; it does not replace validation.",
              "Suppose les vraies détections plus fréquentes ; ne remplace pas la validation."),
    ),
    "species-occupancy-dynamic": (
        Words("Occupancy of each species over seasons",
              "Occupation par espèce au fil des saisons"),
        Words("Share of an arm's sites occupied in each season, with colonisation and extinction between.",
              "Part des sites d'une modalité occupés chaque saison, colonisation et extinction entre elles."),
        _OCCUPANCY,
    ),
}
# fmt: on
