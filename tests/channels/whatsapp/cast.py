"""The account of these tests, and who writes to it."""

ACCOUNT = "AC" + "a1" * 16
TOKEN = "f00dfeedf00dfeedf00dfeedf00dfeed"
SENDER = "whatsapp:+14155238886"
PUBLIC_URL = "https://desk.example.com"
ALICE = "whatsapp:+4915112345678"
USER_ID = "US.13491208655302741918"
