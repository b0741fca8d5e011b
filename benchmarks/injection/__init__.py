"""Prompts that try to take a model over, against one that obeys all of them."""
