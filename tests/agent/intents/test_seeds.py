"""The sample company's intents."""

from pathlib import Path

from agent.intents.examples import list_examples
from agent.intents.figures import FEWEST, NONE
from agent.intents.seeds import load_seeds
from agent.models import Intent, IntentExample

SAMPLE = Path(__file__).parents[3] / "sample_company" / "intents.yaml"


def test_the_sample_company_teaches_its_intents_once(db: None) -> None:
    count = load_seeds(SAMPLE)
    assert IntentExample.objects.count() == count
    Intent.objects.filter(name="find_invoice").update(risk="high")
    IntentExample.objects.filter(text="Tell me a joke").update(intent=Intent.objects.first())
    load_seeds(SAMPLE)
    assert IntentExample.objects.count() == count
    assert Intent.objects.get(name="find_invoice").risk == "high"
    assert IntentExample.objects.get(text="Tell me a joke").intent is not None


def test_every_intent_of_it_can_be_learned(db: None) -> None:
    load_seeds(SAMPLE)
    examples = list_examples()
    assert examples.left_out == ()
    assert examples.intents == Intent.objects.count()
    assert examples.labels.count(NONE) >= FEWEST
