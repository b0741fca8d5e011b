"""Documents as Markdown, by a program of its own: `python -m knowledge.converters pdf < file`.

It knows nothing of Django or of the rest of the project, so that what a hostile file reaches by
it is nothing.
"""
