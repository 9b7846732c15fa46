"""Acoustic indices as scikit-maad 1.5.2 defines them."""
