"""`python -m benchmarks.confidence`: fits the weights of `agent.confidence` anew, and prints what
they and those in force would decide of the questions that they are fitted on and of the others.

On the configured database, which has to hold the sample company's articles; changes nothing. Only
what is printed as "tuned" may be looked at in choosing anything.
"""

import argparse
import os
import sys

import django


def main() -> int:
    argparse.ArgumentParser(
        prog="python -m benchmarks.confidence", description=__doc__
    ).parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    # Imported late: models need Django to be set up.
    from agent.confidence import BIAS, WEIGHTS
    from benchmarks.confidence.fitting import Fitted, count, fit
    from benchmarks.confidence.questions import PARTS, TUNED, try_questions
    from knowledge.models import Article

    if not Article.objects.filter(slug="billing/plans-and-prices").exists():
        sys.stderr.write("First: manage.py import_knowledge sample_company/articles\n")
        return 2
    tried = list(try_questions())
    fitted = fit([one for one in tried if one.part == TUNED])
    for name, model in (("In force", Fitted(WEIGHTS, BIAS)), ("Fitted anew", fitted)):
        print(f"\n{name}: {model.weights}, bias {model.bias}")
        for part in PARTS:
            counted = count([one for one in tried if one.part == part], model)
            print(
                f"  {part:9}{counted.questions:4} questions: {counted.right} right, "
                f"{counted.wrong_answers} wrong answers, "
                f"{counted.needless_hand_overs} needless hand-overs"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
