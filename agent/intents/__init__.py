"""What a customer wants: learned from labelled examples, out of scope being one of the answers.

`vocabulary` and `classifier` run anywhere with numpy; `training` needs scikit-learn and runs in a
process of its own; `examples`, `retraining` and `recognition` are their way to the database.
"""
