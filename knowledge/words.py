"""The words of passages: which passage has which, and how much it is about each.

The weight is BM25's, as far as it does not depend on other passages: the word's occurrences, by
where they are, saturated, and less in a long passage.
"""

from django.db import connection, transaction

from knowledge.languages import base_language, text_configuration
from knowledge.models import Article, Passage, WordCount

# A search reads so many of a word's passages, those with the highest weights; words with fewer
# passages need no count of their own.
READ_PER_WORD = 300
# Occurrences in the title, in headings, in keywords and summary, and in the text.
_OCCURRENCES = {"A": 1.0, "B": 0.7, "C": 0.5, "D": 0.3}
# Occurrences that make half of the full weight, in a passage of usual length; how much the length
# counts; and the usual length, in words that are not too common to be indexed. Chosen on the
# validation questions of benchmarks/retrieval.
_HALF = 0.25
_LENGTH_SHARE = 0.5
_USUAL_LENGTH = 27
# The counts are made again when the passages have become more or fewer by this share.
_NOTICEABLE = 0.02


def write_postings(article: Article) -> None:
    """Replaces the postings of all of an article's passages; its row should be locked."""
    with connection.cursor() as cursor:
        # As an array: a join would read the whole table where its figures are still those of an
        # empty one, as in a long import.
        cursor.execute(
            "DELETE FROM knowledge_posting WHERE passage_id = "
            "ANY(ARRAY(SELECT id FROM knowledge_passage WHERE article_id = %s))",
            [article.pk],
        )
        cursor.execute(
            _WRITE,
            {
                "config": text_configuration(article.language),
                "language": base_language(article.language),
                "title": article.title,
                "about": f"{article.keywords}\n{article.summary}",
                "article": article.pk,
                "half": _HALF,
                "length_share": _LENGTH_SHARE,
                "usual_length": _USUAL_LENGTH,
                **_OCCURRENCES,
            },
        )


def count_words(*, frequent: int = READ_PER_WORD) -> bool:
    """Counts the words of so many passages or more again, if the passages changed noticeably;
    whether it did. The planner gets its figures then too, a minute before autovacuum would come:
    without them it reads the new rows one by one.
    """
    total = Passage.objects.count()
    counted = WordCount.objects.filter(word="").values_list("passages", flat=True).first() or 0
    if abs(total - counted) <= _NOTICEABLE * counted:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        # One process at a time, or two would insert the same words.
        cursor.execute("SELECT pg_advisory_xact_lock(7205)")
        cursor.execute("DELETE FROM knowledge_wordcount")
        cursor.execute(
            "INSERT INTO knowledge_wordcount (word, passages) SELECT word, count(*) "
            "FROM knowledge_posting GROUP BY word HAVING count(*) >= %s",
            [frequent],
        )
        cursor.execute("INSERT INTO knowledge_wordcount (word, passages) VALUES ('', %s)", [total])
    with connection.cursor() as cursor:
        for table in ("article", "passage", "posting", "passageembedding"):
            cursor.execute(f"ANALYZE knowledge_{table}")
    return True


_WRITE = """
    INSERT INTO knowledge_posting (passage_id, article_id, word, weight)
    SELECT passage_id, %(article)s, %(language)s || '/' || lexeme, occurrences / (
        occurrences + %(half)s * (
            1 - %(length_share)s + %(length_share)s * length / %(usual_length)s
        )
    )
    FROM (
        SELECT p.id AS passage_id, l.lexeme,
            (SELECT sum(CASE place WHEN 'A' THEN %(A)s WHEN 'B' THEN %(B)s
                WHEN 'C' THEN %(C)s ELSE %(D)s END) FROM unnest(l.weights) place) AS occurrences,
            sum(cardinality(array_positions(l.weights, 'D'))) OVER (PARTITION BY p.id) AS length
        FROM knowledge_passage p, unnest(
            setweight(to_tsvector(%(config)s::regconfig, %(title)s), 'A')
            || setweight(to_tsvector(%(config)s::regconfig, p.heading_path), 'B')
            || setweight(to_tsvector(%(config)s::regconfig, %(about)s), 'C')
            || setweight(to_tsvector(%(config)s::regconfig, p.text), 'D')
        ) l
        WHERE p.article_id = %(article)s
    ) occurring
"""
