"""How well the shipped guardrails tell attacks and wishes from ordinary questions.

`python -m benchmarks.guardrails --data DIR` prints the table; DIR holds the data that nobody here
wrote and that is not part of the project: `injection/in_the_wild_dev.json`,
`intents/banking77_train.csv`, `intents/clinc150_train_val.json`, `handoff/nlupp_banking.json` and
`knowledge/kanboard`. Every set is split in two by a hash of each text: patterns, example
sentences, method and thresholds were chosen looking at the validation part alone.
"""
