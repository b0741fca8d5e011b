"""The storm: a whole desk under fire, and what became of every message.

`python -m benchmarks.storm` starts a desk of its own (database, web, workers, doubles), has
customers write over form, e-mail and WhatsApp, and meanwhile lets providers and models fail, kills
and pauses processes, stops the database and cuts connections, all from a seed. It then waits until
the desk is settled, asks database and doubles what became of every message, and gives a verdict on
each promise of `docs/architecture.md`. It exits 0 only if all of them held.

`desk` is what runs and `switch` the load balancer before its web processes. `script` is what
`customers` write, `colleagues` are the staff, `faults` and `weather` what goes wrong, `deployment`
replaces every process under load, `watch` looks for what must not be seen at any moment and
`settling` for the end. Then `promises` holds them against `fates`, `outbox`, `order`, `persons`,
`grounds` and `privacy`; `table` and `verdict` are what is printed. `sabotage` is what the storm's
own processes load besides the product: it shortens waits, notes calls that are made within a
transaction, and switches off what the storm has to notice. `extent` says how large it is.
"""
