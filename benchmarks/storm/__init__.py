"""The storm: a whole desk under fire, and what became of every message.

`python -m benchmarks.storm` starts a desk of its own (database, web, workers, doubles), has
customers write over form, e-mail and WhatsApp, and meanwhile lets providers and models fail, kills
and pauses processes, stops the database and cuts connections, all from a seed. It then waits until
the desk is settled, asks database and doubles what became of every message, and gives a verdict on
each promise of `docs/architecture.md`. It exits 0 only if all of them held.

`desk` is what runs, `switch` the load balancer before the web processes, `customers` who writes,
`weather` what goes wrong, `watch` what must not be seen at any moment, `settling`, `fates` and
`verdict` what is asked at the end; `sabotage` switches off what the storm has to notice.
"""
