"""Accepting a webhook or a form over HTTP: a durable commit of the message and its job.

`python -m benchmarks.accept` measures against the same SQL under pgbench on the same server, and
against what a user would build instead: FastAPI, asyncpg and Redis, with the same durability.
"""
