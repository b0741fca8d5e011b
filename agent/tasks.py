from datetime import UTC, datetime

from agent import answering, budgets, bursts, drafts, metrics, prompt_scores, retention, runs
from agent.autonomy import ladder, shadows
from agent.evaluation import passes
from agent.gaps import contradictions, drafting, finding, owners
from agent.guardrails import checking, trials
from agent.handover import helping
from agent.intents import collection, retraining
from agent.recall import corrections
from agent.replays import comparing
from agent.suggestions import past_replies, use
from config import jobs


@jobs.task("agent.answer_conversation", queue="agent", retry=jobs.Backoff())
def answer_conversation(*, conversation_id: int, message_id: int) -> None:
    """Answers whatever waits in the conversation; the message is only what rang the bell."""
    answering.answer_conversation(conversation_id, message_id=message_id, clock=_now)


@jobs.task("agent.resume_conversation", queue="agent", retry=jobs.Backoff())
def resume_conversation(*, conversation_id: int, message_id: int) -> None:
    bursts.resume(conversation_id, message_id=message_id)


@jobs.task("agent.help_staff", queue="agent", retry=jobs.Backoff(max_attempts=3))
def help_staff(*, conversation_id: int) -> None:
    """What people have at hand who hold the conversation now."""
    helping.help_staff(conversation_id, now=_now())


@jobs.task("agent.note_use")
def note_use(*, suggestion_id: int, message_id: int) -> None:
    use.note_use(suggestion_id=suggestion_id, message_id=message_id)


@jobs.task("agent.tell_owners", retry=jobs.Backoff())
def tell_owners(*, ticket_id: int) -> None:
    owners.tell_owners(ticket_id)


@jobs.task("agent.learn_replies", queue="knowledge")
def learn_replies() -> None:
    past_replies.learn_replies(now=_now())


@jobs.task("agent.evaluate", queue="knowledge", retry=jobs.Backoff(max_attempts=3))
def evaluate(*, run_id: int) -> None:
    passes.evaluate(run_id, clock=_now)


@jobs.task("agent.score_prompt", queue="knowledge", retry=jobs.Backoff(max_attempts=3))
def score_prompt(*, version_id: int, suite: str) -> None:
    prompt_scores.score(version_id, suite=suite, clock=_now)


@jobs.task("agent.replay", queue="knowledge", retry=jobs.Backoff(max_attempts=3))
def replay(*, replay_id: int) -> None:
    comparing.run_replay(replay_id, clock=_now)


@jobs.task("agent.send_correction", retry=jobs.Backoff())
def send_correction(*, correction_id: int) -> None:
    corrections.send_correction(correction_id, now=_now())


@jobs.task("agent.collect_examples")
def collect_examples() -> None:
    collection.collect_from_tickets(now=_now())


@jobs.task("agent.train_intents", queue="knowledge", retry=jobs.Backoff(max_attempts=3))
def train_intents(*, force: int = 0) -> None:
    retraining.retrain(now=_now(), force=bool(force))


@jobs.task("agent.find_gaps", queue="knowledge")
def find_gaps() -> None:
    """Groups what was asked in vain, and drafts anew what grew."""
    finding.find_gaps(now=_now())
    drafting.draft_articles()


@jobs.task("agent.find_contradictions", queue="knowledge")
def find_contradictions() -> None:
    contradictions.find_contradictions(now=_now())


@jobs.task("agent.rescue_unanswered")
def rescue_unanswered() -> None:
    """Enqueues again what waits for the agent with no job left that would answer it."""
    drafts.outdate_drafts(now=_now())
    runs.rescue_unanswered(now=_now())


@jobs.task("agent.move_rungs", queue="knowledge")
def move_rungs() -> None:
    """Compares what the agent would have said first, for the rungs move by it."""
    shadows.compare_shadows(now=_now())
    ladder.move_rungs(now=_now())


@jobs.task("agent.forget_steps")
def forget_steps() -> None:
    retention.forget_steps(now=_now())
    retention.forget_calls(now=_now())


@jobs.task("agent.check_thresholds")
def check_thresholds() -> None:
    metrics.check_thresholds(now=_now())
    budgets.clear_past_alerts(now=_now())


@jobs.task("agent.check_guardrail", queue="agent", retry=jobs.Backoff())
def check_guardrail(*, rule_id: int) -> None:
    checking.check_rule(rule_id, now=_now())


@jobs.task("agent.renew_guardrails", queue="knowledge", retry=jobs.Backoff())
def renew_guardrails() -> None:
    checking.renew_rules(now=_now())


@jobs.task("agent.try_guardrail", queue="knowledge", retry=jobs.Backoff())
def try_guardrail(*, trial_id: int) -> None:
    trials.run_trial(trial_id, now=_now())


def _now() -> datetime:
    return datetime.now(tz=UTC)
