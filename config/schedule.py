"""Every task of the desk, and every periodic job. Imported by the worker only."""

from importlib import import_module

from config.jobs import every

# Importing a module registers its tasks.
for _app in ("agent", "channels", "config", "crm", "knowledge", "tickets"):
    import_module(f"{_app}.tasks")

# jobs of workers that died; the sixth field is the seconds
every("* * * * * */10", "config.rescue_stalled_jobs")
every("* * * * *", "config.rescue_overdue_jobs")  # jobs that hang
every("* * * * *", "channels.rescue_events")  # what was accepted and lost its job
every("* * * * *", "channels.rescue_deliveries")  # replies whose worker died while sending
every("* * * * *", "channels.look_up_unknown")  # replies that may have been sent
every("* * * * *", "agent.rescue_unanswered")  # messages that nobody is answering
every("*/3 * * * *", "channels.poll_gmail")  # mails whose notification did not arrive
every("*/5 * * * *", "channels.catch_up_whatsapp")  # messages whose webhook did not arrive
every("*/10 * * * *", "channels.remind_of_windows")  # WhatsApp's 24 hours end soon
every("37 * * * *", "agent.move_rungs")  # what the agent has earned
every("*/5 * * * *", "agent.check_thresholds")  # escalation rate and latency
every("*/5 * * * *", "tickets.check_response_targets")  # first responses overdue
every("*/10 * * * *", "knowledge.index_all")  # after a change of the embedding model
every("*/10 * * * *", "agent.renew_guardrails")  # the same for what rules learned
every("7 * * * *", "config.check_knowledge")  # articles past their last day, failed sources
every("*/5 * * * *", "knowledge.read_due_sources")  # sources with a schedule
every("17 * * * *", "tickets.resolve_silent")  # answered, and silent for days
every("27 * * * *", "agent.find_gaps")  # what was asked in vain, by meaning
every("13 2 * * *", "agent.collect_examples")  # of intents, from tickets closed well
every("47 * * * *", "agent.learn_replies")  # what staff answered, for suggested replies
every("33 2 * * *", "agent.find_contradictions")  # between articles
every("11 4 * * *", "channels.renew_gmail_watch")  # Gmail ends it after seven days
every("41 3 * * *", "channels.forget_old_counters")
every("47 3 * * *", "channels.forget_originals")  # what providers sent, once it is old
every("53 3 * * *", "agent.forget_steps")  # how old answers came about, and their calls
every("23 3 * * *", "config.remove_finished_jobs")
every("29 3 * * *", "config.clear_sessions")  # of staff who did not come back
