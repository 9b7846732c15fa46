"""Values of soil, air and rain, one a site and season."""
