"""What a message feels like: heads over its vector, its words and the lexicon, trained by
`python -m agent.emotions.training` on sentences made up for it (`sentences.yaml`)."""
