"""From a study to one value a site and season, with effort, provenance and reasons."""
