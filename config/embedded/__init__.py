"""A Django database backend that brings its own PostgreSQL.

`base` is the backend, `server` shares one server among the processes of a checkout, `postmaster`
starts and stops it, `cluster` makes its data folder, and `programs` runs PostgreSQL's programs
under an account that they accept.
"""
