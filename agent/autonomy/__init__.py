"""What the agent may do with an answer that it is sure of, and how it earns more.

`permission` says what holds for a question; `records` reads what became of earlier answers;
`ladder` moves each intent on each channel up or down by them; `shadows` compares what the agent
would have said, while it only watches, with what staff wrote.
"""
