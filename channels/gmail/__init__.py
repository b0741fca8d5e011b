"""The mailbox of the desk: reads, parses, composes and sends mail through the Gmail API.

`push` verifies and reads notifications, `sync` follows the mailbox with `client`, `parse` reads
a mail, `compose` writes one, `outcome` finds out what became of a send that nobody answered.
"""
