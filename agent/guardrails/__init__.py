"""Matters that no model decides and words that no answer may hold, found by rules.

Staff edit rules as rows: `submission` takes one in and `checking` puts it in force once its
examples hold; `rulebook` has those in force ready. `screening` asks them before any model, and
`answers` of what was prepared. By words and, with what `heads` learn from example sentences, by
meaning. `trials` tell what a changed rule would have done to past messages.

Only `defaults` and `submission` are for the web process: the others load the embedding model.
"""
