"""A stand-in for Twilio's WhatsApp API that speaks the real protocol and can misbehave.

For tests and the demo; `python -m channels.whatsapp.double --help` says how to run it.
"""
