"""Messages over form, e-mail and WhatsApp through the doubles, with faults on every way.

`python -m benchmarks.three_channels` starts a desk of its own (database, web, workers, doubles),
drives it, waits until it is settled, and asks database and doubles what became of every message.
It exits 0 only if none was lost or doubled, and every one was answered, handed over, or left
without a reply for a stated reason.
"""
