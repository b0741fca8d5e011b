"""The playground: a newcomer plays the customers of a demo.

Their mail and their chats go through the doubles of Gmail and Twilio that `manage.py demo` starts,
so that the desk behind cannot tell them from real ones. Only with `PLAYGROUND=1`.
"""

# What the demo gives the desk instead of an account: never a real one's.
ACCOUNT_SID = "AC" + "0" * 32
CLIENT_ID = "playground"
