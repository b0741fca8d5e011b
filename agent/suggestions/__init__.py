"""What a person may answer with: prepared by the agent, from articles, from colleagues.

`making` puts the offers together in the worker; `past_replies` learns what staff answered and
finds it again; `use` keeps which offers were used and how much of them was left. Pages only read
the rows.
"""
