"""How moments and days are written, by language: one way on every page, that nobody misreads."""
