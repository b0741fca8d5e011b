"""One message from accepted to reply queued, with a model that answers at once.

The worker runs inside the benchmark's process and takes the agent's jobs only, so that no delivery
is counted; the model is the double over HTTP in a process of its own, whose time is not counted.
"""
