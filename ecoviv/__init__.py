"""EcoViv: from field sensors to a verdict.  The roof: what people hold in their hands."""
