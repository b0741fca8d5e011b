"""What people are told who take a conversation from the agent.

`summary` draws it from the run's journal, with the run; `telling` asks a configured model for it
in a few sentences, afterwards; `attempts` finds what customers say they tried; `helping` is what
the worker does once people hold the conversation.
"""
