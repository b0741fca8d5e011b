"""A Django database backend that brings its own PostgreSQL.

`base` is the backend, `server` starts and stops the server of one data folder, `cluster` makes
that folder, and `programs` runs PostgreSQL's programs under an account that they accept.
"""
