"""How often a search finds what was asked for: by words, by vectors, and by both."""
