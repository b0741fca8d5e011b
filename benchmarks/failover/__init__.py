"""Two databases with synchronous streaming replication: the primary is killed, the standby takes
its place, and everything that was accepted is there."""
