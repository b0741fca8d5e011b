"""Gmail, Google's token service and Pub/Sub on this machine, speaking their real protocol.

For tests and the demo. `python -m channels.gmail.double` runs it by itself; `GmailDouble` runs
it inside a test. It can be told to misbehave the way the real ones do, and keeps books of what
it accepted.
"""

from channels.gmail.double.faults import Fault
from channels.gmail.double.mailbox import Mailbox, SentMail
from channels.gmail.double.server import GmailDouble

__all__ = ["Fault", "GmailDouble", "Mailbox", "SentMail"]
