"""The statements of `knowledge.search`, whose columns it reads in this order.

Words in capitals stand for parts that are put in below; everything else is a parameter.
"""

from knowledge.models import EmbeddingIndex
from knowledge.vectors import column_type


def by_words() -> str:
    """Full text alone; `beginning` is a last word that may be unfinished."""
    words = _WORDS.replace("BEGUN_WORD", _BEGUN_WORD)
    return _filled(
        _PLANNING + "WITH RECURSIVE " + words + _CANDIDATES_BY_WORDS + _TEXT_RANKS + _WORDS_ONLY
    )


def by_words_and_vectors(index: EmbeddingIndex) -> str:
    """The fused search over one index: its id and its vectors' type stand in the statement, for
    the planner to see that the partial HNSW index serves it. No passage has a similarity if the
    index is no longer the active one."""
    words = _WORDS.replace("BEGUN_WORD", "")
    statement = _filled(
        _PLANNING
        + _GRAPH_WALK
        + ("WITH RECURSIVE " + words + _NEAREST + _CANDIDATES + _TEXT_RANKS + _FUSED)
    )
    return statement.replace("VECTOR_TYPE", column_type(index.dimensions)).replace(
        "INDEX_ID", str(int(index.pk))
    )


def with_preview(statement: str) -> str:
    """The statement over the articles as they would be: those in `shown` as if published, those
    in `hidden` as if not."""
    return statement.replace(_PUBLISHED, _PREVIEWED)


def _filled(statement: str) -> str:
    return statement.replace("FOUND", _FOUND).replace("VISIBLE", _VISIBLE)


# The settings last for this statement's transaction. The planner cannot know how few words a
# query has: it would compile what takes milliseconds, and read all of a table for a few rows.
_PLANNING = "SELECT set_config('jit', 'off', true), set_config('enable_seqscan', 'off', true); "
# More neighbours than the default 40 are looked at, and further ones as long as the filters
# throw away what was found.
_GRAPH_WALK = (
    "SELECT set_config('hnsw.ef_search', %(ef_search)s, true), "
    "set_config('hnsw.iterative_scan', 'strict_order', true); "
)

_PUBLISHED = "a.state = %(published)s"
_PREVIEWED = "(a.state = %(published)s AND a.id <> ALL(%(hidden)s) OR a.id = ANY(%(shown)s))"
_VISIBLE = """
    a.state = %(published)s AND a.audience = ANY(%(audiences)s)
    AND (%(language)s::text IS NULL OR split_part(lower(a.language), '-', 1) = %(language)s)
    AND (%(product)s::text IS NULL OR a.product IN ('', %(product)s))
    AND (a.valid_until IS NULL OR a.valid_until >= %(today)s)
"""

# `languages` steps from one language's words to the next one's: '0' is what follows '/'.
# `terms` are the query's words; an unfinished one stands for several. `chosen` leaves out the
# most frequent ones of a long query, which are in most passages that the others find.
# `likely` are the passages with the best sums over those.
_WORDS = """
    languages (language) AS (
        (SELECT split_part(word, '/', 1) FROM knowledge_posting ORDER BY word LIMIT 1)
        UNION ALL
        SELECT (
            SELECT split_part(o.word, '/', 1) FROM knowledge_posting o
            WHERE o.word > l.language || '0' ORDER BY o.word LIMIT 1
        ) FROM languages l WHERE l.language IS NOT NULL
    ),
    configured AS MATERIALIZED (
        SELECT language,
            coalesce(%(configurations)s::jsonb ->> language, 'simple')::regconfig AS configuration
        FROM languages WHERE language IS NOT NULL
            AND (%(language)s::text IS NULL OR language = %(language)s)
    ),
    terms AS MATERIALIZED (
        SELECT t.language, t.term, t.word, coalesce(
            (SELECT c.passages FROM knowledge_wordcount c WHERE c.word = t.word), 0
        ) AS passages
        FROM (
            SELECT l.language, lexeme AS term, l.language || '/' || lexeme AS word
            FROM configured l,
                unnest(tsvector_to_array(to_tsvector(l.configuration, %(query)s))) lexeme
            BEGUN_WORD
        ) t
    ),
    chosen AS MATERIALIZED (
        (SELECT * FROM terms WHERE passages = 0 LIMIT 200)
        UNION ALL
        (SELECT * FROM terms WHERE passages > 0 ORDER BY passages LIMIT %(frequent_words)s)
    ),
    lists AS MATERIALIZED (
        SELECT t.language, t.term, best.passage_id, max(best.weight) AS weight
        FROM chosen t, LATERAL (
            SELECT o.passage_id, o.weight
            FROM knowledge_posting o JOIN knowledge_article a ON a.id = o.article_id
            WHERE o.word = t.word AND VISIBLE
            ORDER BY o.weight DESC LIMIT %(read_per_word)s
        ) best
        GROUP BY t.language, t.term, best.passage_id
    ),
    total AS MATERIALIZED (
        SELECT greatest(
            (SELECT count(*) FROM (SELECT FROM knowledge_passage LIMIT 1000) few),
            (SELECT passages FROM knowledge_wordcount WHERE word = '')
        ) AS passages
    ),
    rarities AS MATERIALIZED (
        SELECT language, term, ln(
            1 + (greatest(total.passages - coalesce(n.passages, 0), 0) + 0.5)
                / (coalesce(n.passages, 0) + 0.5)
        )::float8 AS rarity
        FROM total, (
            SELECT t.language, t.term, greatest(max(t.passages), max(l.passages)) AS passages
            FROM terms t LEFT JOIN (
                SELECT language, term, count(*) AS passages FROM lists GROUP BY language, term
            ) l USING (language, term)
            GROUP BY t.language, t.term
        ) n
    ),
    likely AS MATERIALIZED (
        SELECT l.passage_id FROM lists l JOIN rarities r USING (language, term)
        GROUP BY l.passage_id ORDER BY sum(r.rarity * l.weight) DESC LIMIT %(candidates)s
    )
"""

# All of the words that begin with the last one count as one.
_BEGUN_WORD = """
            UNION ALL
            SELECT l.language, '*', b.word
            FROM configured l,
                unnest(tsvector_to_array(to_tsvector(l.configuration, %(beginning)s))) lexeme,
                LATERAL (
                    SELECT DISTINCT few.word FROM (
                        SELECT o.word FROM knowledge_posting o
                        WHERE o.word >= l.language || '/' || lexeme
                            AND o.word < l.language || '/' || lexeme || chr(1114111)
                        ORDER BY o.word LIMIT 5000
                    ) few
                ) b
"""

# The expressions have to be those of the index that `knowledge.vectors` makes.
_NEAREST = """,
    vectors AS MATERIALIZED (
        SELECT EXISTS (
            SELECT FROM knowledge_embeddingindex WHERE id = INDEX_ID AND state = 'active'
        ) AS searched
    ),
    nearest AS MATERIALIZED (
        SELECT e.passage_id
        FROM knowledge_passageembedding e
        JOIN knowledge_passage p ON p.id = e.passage_id
        JOIN knowledge_article a ON a.id = p.article_id
        WHERE e.index_id = INDEX_ID AND VISIBLE AND (SELECT searched FROM vectors)
        ORDER BY e.vector::VECTOR_TYPE <=> %(vector)s::VECTOR_TYPE LIMIT %(candidates)s
    )
"""

_CANDIDATES_BY_WORDS = """,
    candidate AS MATERIALIZED (SELECT passage_id FROM likely)
"""
_CANDIDATES = """,
    candidate AS MATERIALIZED (
        SELECT passage_id FROM likely UNION SELECT passage_id FROM nearest
    )
"""

# Of all candidates, over all of the query's words.
_TEXT_RANKS = """,
    words AS MATERIALIZED (
        SELECT each.passage_id, sum(each.weight * r.rarity) / (
            SELECT sum(every.rarity) FROM rarities every WHERE every.language = each.language
        ) AS text_rank
        FROM (
            SELECT o.passage_id, t.language, t.term, max(o.weight) AS weight
            FROM candidate c
            JOIN knowledge_posting o ON o.passage_id = c.passage_id
            JOIN terms t ON t.word = o.word
            GROUP BY o.passage_id, t.language, t.term
        ) each
        JOIN rarities r USING (language, term)
        GROUP BY each.passage_id, each.language
    )
"""

_FOUND = "p.id, a.id, a.title, p.heading_path, p.text, a.slug, p.anchor, a.audience"

_WORDS_ONLY = """
    SELECT FOUND, words.text_rank, NULL::float8, words.text_rank
    FROM words
    JOIN knowledge_passage p ON p.id = words.passage_id
    JOIN knowledge_article a ON a.id = p.article_id
    ORDER BY words.text_rank DESC, p.id LIMIT %(limit)s
"""

_FUSED = """,
    scored AS MATERIALIZED (
        SELECT c.passage_id, s.similarity, coalesce(words.text_rank, 0) AS text_rank,
            %(share)s * coalesce(words.text_rank, 0)
                + (1 - %(share)s) * greatest(coalesce(s.similarity, 0), 0) AS score
        FROM candidate c
        LEFT JOIN words ON words.passage_id = c.passage_id
        LEFT JOIN LATERAL (
            SELECT 1 - (e.vector <=> %(vector)s::vector) AS similarity
            FROM knowledge_passageembedding e
            WHERE e.index_id = INDEX_ID AND e.passage_id = c.passage_id
                AND (SELECT searched FROM vectors)
        ) s ON true
        ORDER BY score DESC, c.passage_id LIMIT %(limit)s
    )
    SELECT FOUND, scored.score, scored.similarity, scored.text_rank
    FROM scored
    JOIN knowledge_passage p ON p.id = scored.passage_id
    JOIN knowledge_article a ON a.id = p.article_id
    ORDER BY scored.score DESC, p.id
"""
