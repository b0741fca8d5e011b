"""The last days through a change before it goes live: which answers would be others."""
