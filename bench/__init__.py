"""How fast the product is, measured from outside, as it is served. Run ``python -m bench``."""
