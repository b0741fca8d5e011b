"""Web pages of others, fetched politely and without being led into our own network."""
