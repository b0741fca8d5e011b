"""A model on this machine that speaks OpenAI's chat completions over HTTP.

For tests, benchmarks and the demo. `python -m agent.double` runs it by itself; `ModelDouble` runs
it inside a test. It can be told to call tools well, badly or without end, to obey whoever gives
it orders, and to fail the way providers do.
"""

from agent.double.behaviour import Behaviour
from agent.double.faults import Fault
from agent.double.server import ModelDouble

__all__ = ["Behaviour", "Fault", "ModelDouble"]
