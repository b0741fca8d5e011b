"""What a hand-over tells: drawn from the run's journal, word for word, with no model."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from agent import plaintext
from agent.courtesies import is_courteous_line, is_courtesy
from agent.handover.attempts import find_attempts
from agent.journal import Journal, Note
from agent.models import AgentRun, Handover
from agent.models.handover import FoundNote
from agent.pipeline import Considered
from agent.types import Reading, Started
from agent.wording import content_words, split_sentences
from crm.models import Message
from crm.services import printable
from crm.types import Source

MAX_ASKED = 300
MAX_SENTENCES = 2
MAX_FOUND = 5
MAX_SEARCHES = 4
# By how much the newest message has to differ from those before it to be a trend; by design.
CHANGED = 0.2

_HANDED_OVER = {
    AgentRun.Decision.HAND_OVER,
    AgentRun.Decision.SHADOW,
    AgentRun.Decision.DRAFT,  # who rejects it needs to know as much
}


def keep_summary(started: Started, considered: Considered, journal: Journal) -> None:
    """Stores what people need to know, in the transaction that records the run."""
    if considered.decision.action not in _HANDED_OVER:
        return
    question, run = started.question, started.run
    earlier = [
        plaintext.read(plaintext.said(past.text)).shown
        for past in question.past
        if past.author == Message.Author.CUSTOMER and past.conversation_id == run.conversation_id
    ]
    told = [*earlier, *question.texts]
    Handover.objects.create(
        run=run,
        asked=printable(choose_asked(question.texts, subject=question.subject)),
        tried=[printable(text) for text in find_attempts(map(_drop_courtesies, told))],
        answered=_list_answered(run),
        searches=list(_list_searches(journal.notes))[:MAX_SEARCHES],
        passages=_list_found(journal.notes),
        emotion=_choose_emotion(considered.reading),
        trend=find_trend([*question.past_sentiments, *considered.reading.sentiments]),
    )


def choose_asked(texts: Sequence[str], *, subject: str) -> str:
    """The newest sentences that ask; without any, those that say most, in their order."""
    sentences = [
        sentence
        for text in texts
        for sentence in split_sentences(_drop_courtesies(text))
        if not is_courtesy(sentence)
    ]
    asking = [sentence for sentence in sentences if sentence.rstrip().endswith(("?", "？"))]
    if asking:
        chosen = asking[-MAX_SENTENCES:]
    else:
        most = sorted(sentences, key=lambda one: -len(content_words(one)))[:MAX_SENTENCES]
        chosen = [sentence for sentence in sentences if sentence in most]
    return " ".join(sentence[:MAX_ASKED] for sentence in chosen)[: 2 * MAX_ASKED] or subject[:200]


def find_trend(scores: Sequence[float]) -> str:
    """How the newest score, the last, stands to those before it; "" for a first message."""
    if len(scores) < 2:
        return ""
    change = scores[-1] - sum(scores[:-1]) / len(scores[:-1])
    if change <= -CHANGED:
        return Handover.Trend.WORSE
    return Handover.Trend.BETTER if change >= CHANGED else Handover.Trend.STEADY


def _drop_courtesies(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not is_courteous_line(line))


def _choose_emotion(reading: Reading) -> str:
    """That of the unhappiest message that waits."""
    moods = zip(reading.sentiments, reading.emotions, strict=False)
    return min(moods, default=(0.0, ""))[1]


def _list_answered(run: AgentRun) -> list[Source]:
    """The sources of what the agent answered in the conversation, each once."""
    answers = run.conversation.messages.filter(author=Message.Author.AGENT, pk__lt=run.message_id)
    rows = answers.exclude(state=Message.State.CANCELLED).values_list("sources", flat=True)
    return list({source["url"]: source for sources in rows for source in sources}.values())


def _list_searches(notes: Iterable[Note]) -> Iterator[str]:
    seen = set()
    for arguments, _result in _read_tools(notes, "search_knowledge_base"):
        query = printable(" ".join(str(arguments.get("query", "")).split()))[:200]
        if query and query not in seen:
            seen.add(query)
            yield query


def _list_found(notes: Sequence[Note]) -> list[FoundNote]:
    """The best passage of each article that searches found, best first; articles that disagree
    before all others."""
    disagreeing = {
        passage_id
        for arguments, _result in _read_tools(notes, "escalate_to_human")
        for passage_id in arguments.get("disagreeing_passages", ())
    }
    best: dict[int, FoundNote] = {}
    for _arguments, result in _read_tools(notes, "search_knowledge_base"):
        for row in result.get("passages", ()):
            found = FoundNote(
                article=row["article"],
                title=printable(row["title"]),
                headings=printable(row["headings"]),
                audience=row["audience"],
                fit=round(((row["similarity"] or 0.0) + row["text_rank"]) / 2, 3),
                disagrees=row["id"] in disagreeing,
            )
            known = best.get(found["article"])
            if known is None or _rank(found) > _rank(known):
                best[found["article"]] = found
    return sorted(best.values(), key=_rank, reverse=True)[:MAX_FOUND]


def _rank(found: FoundNote) -> tuple[bool, float]:
    return found["disagrees"], found["fit"]


def _read_tools(
    notes: Iterable[Note], tool: str
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Arguments and result of each call of the tool that was understood."""
    for note in notes:
        if note.title == tool:
            arguments, result = note.detail.get("arguments"), note.detail.get("result")
            if isinstance(arguments, Mapping) and isinstance(result, Mapping):
                yield arguments, result
