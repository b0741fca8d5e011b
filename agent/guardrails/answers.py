"""What the rules say to a prepared answer, before anything else is looked at.

What `agent.outgoing` finds in any answer (secrets, foreign data and links, promises) needs no row
and cannot be switched off; these rules are staff's.
"""

from collections.abc import Sequence

from agent.guardrails.rulebook import Rulebook, get_rulebook
from agent.guardrails.screening import Screened, Stage, ask
from agent.plaintext import from_markdown
from agent.wording import split_sentences
from knowledge.types import FoundPassage


def screen_answer(
    answer: str, cited: Sequence[FoundPassage], *, book: Rulebook | None = None
) -> Screened:
    """What the rules find in a cleaned answer.

    A sentence that stands in the cited passages, word for word, is theirs to say.
    """
    book = book or get_rulebook()
    rules = [rule for rule in book.rules if rule.looks_at(Stage.AFTER)]
    told = _plain("\n".join(from_markdown(passage.text) for passage in cited))
    own = [line for line in split_sentences(answer) if _plain(line) not in told]
    forms = book.read("\n".join(own))
    return ask(rules, lambda _rule: [forms])


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".!?")
