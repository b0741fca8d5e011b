"""One worker process whose model takes its time: how many messages a second, in what memory."""
