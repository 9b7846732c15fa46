"""Before anything is measured: a first plan, and what its sites and seasons could show."""
