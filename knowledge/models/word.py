from django.db import models

from knowledge.models.article import Article
from knowledge.models.passage import Passage


class Posting(models.Model):
    """A word of a passage, and how much the passage is about it; `knowledge.words` writes them.

    `word` is the article's language and the lexeme that PostgreSQL's full text makes of it, such
    as `en/invoic`. `weight` is in 0..1. Sorted by it within a word, the passages that fit a word
    best are read without the others, however many have the word.
    """

    pk = models.CompositePrimaryKey("passage", "word")
    # Its index is the primary key's.
    passage = models.ForeignKey(Passage, models.CASCADE, related_name="postings", db_index=False)
    # The passage's, copied so that a search filters by article without reading the passage.
    article = models.ForeignKey(
        Article, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    word = models.TextField(db_collation="C")
    weight = models.FloatField()

    class Meta:
        indexes = [
            models.Index(
                "word",
                models.F("weight").desc(),
                include=["passage", "article"],
                name="posting_best_of_word",
            )
        ]

    def __str__(self) -> str:
        return f"{self.word}@{self.passage_id}"


class WordCount(models.Model):
    """In how many passages a frequent word occurs; of the others a search counts the postings.

    The row of the empty word has the number of all passages. Not exact: `knowledge.words` counts
    again once the passages have become noticeably more or fewer.
    """

    word = models.TextField(primary_key=True, db_collation="C")
    passages = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.word
