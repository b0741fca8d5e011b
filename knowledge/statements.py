"""The statements of `knowledge.search`, whose columns it reads in this order.

Words in capitals stand for parts that are put in below; everything else is a parameter.
"""

from knowledge.models import EmbeddingIndex
from knowledge.vectors import column_type


def by_words() -> str:
    """Full text alone."""
    return _filled("WITH " + _WORDS + _WORDS_ONLY)


def by_words_and_vectors(index: EmbeddingIndex) -> str:
    """The fused search over one index: its id and its vectors' type stand in the statement, for
    the planner to see that the partial HNSW index serves it."""
    statement = _filled(_SCAN_SETTINGS + "WITH " + _WORDS + ", " + _NEAREST + _FUSED)
    return statement.replace("VECTOR_TYPE", column_type(index.dimensions)).replace(
        "INDEX_ID", str(int(index.pk))
    )


def _filled(statement: str) -> str:
    return statement.replace("FOUND", _FOUND).replace("VISIBLE", _VISIBLE)


# More neighbours than the default 40 are looked at, and further ones as long as the filters
# throw away what was found. The settings last for this statement's transaction.
_SCAN_SETTINGS = (
    "SELECT set_config('hnsw.ef_search', '100', true), "
    "set_config('hnsw.iterative_scan', 'strict_order', true); "
)

_VISIBLE = """
    a.state = %(published)s AND a.audience = ANY(%(audiences)s)
    AND (%(language)s::text IS NULL OR split_part(lower(a.language), '-', 1) = %(language)s)
"""

# A lexeme is quoted for tsquery, where backslash and quote double.
_WORDS = r"""
    languages AS MATERIALIZED (
        SELECT a.language, coalesce(
            %(configurations)s::jsonb ->> split_part(lower(a.language), '-', 1), 'simple'
        )::regconfig AS configuration
        FROM knowledge_article a WHERE VISIBLE GROUP BY a.language
    ),
    terms AS MATERIALIZED (
        SELECT l.language, lexeme,
            ('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''')::tsquery AS query
        FROM languages l,
            unnest(tsvector_to_array(to_tsvector(l.configuration, %(query)s))) lexeme
        UNION ALL
        SELECT l.language, %(beginning)s, to_tsquery(l.configuration, %(beginning)s)
        FROM languages l WHERE %(beginning)s <> ''
    ),
    matches AS MATERIALIZED (
        SELECT t.language, t.lexeme, p.id AS passage_id,
            ts_rank('{0.3, 0.5, 0.7, 1.0}', p.search_vector, t.query) AS rank
        FROM terms t
        JOIN knowledge_passage p ON p.search_vector @@ t.query
        JOIN knowledge_article a ON a.id = p.article_id AND a.language = t.language
        WHERE VISIBLE
    ),
    rarities AS MATERIALIZED (
        SELECT t.language, t.lexeme, ln(1 + (
            greatest((SELECT count(*) FROM knowledge_passage) - count(m.passage_id), 0) + 0.5
        ) / (count(m.passage_id) + 0.5)) AS rarity
        FROM terms t LEFT JOIN matches m USING (language, lexeme)
        GROUP BY t.language, t.lexeme
    ),
    words AS MATERIALIZED (
        SELECT m.passage_id, sum(r.rarity * m.rank / (m.rank + 0.1)) / (
            SELECT sum(every.rarity) FROM rarities every WHERE every.language = m.language
        ) AS text_rank
        FROM matches m JOIN rarities r USING (language, lexeme)
        GROUP BY m.passage_id, m.language
        ORDER BY text_rank DESC LIMIT %(candidates)s
    )
"""

_FOUND = "p.id, a.id, a.title, p.heading_path, p.text, a.slug, p.anchor, a.audience"

_WORDS_ONLY = """
    SELECT FOUND, words.text_rank::float8, NULL::float8, words.text_rank::float8
    FROM words
    JOIN knowledge_passage p ON p.id = words.passage_id
    JOIN knowledge_article a ON a.id = p.article_id
    ORDER BY words.text_rank DESC, p.id LIMIT %(limit)s
"""

# The expressions have to be those of the index that `knowledge.vectors` makes.
_NEAREST = """
    nearest AS MATERIALIZED (
        SELECT e.passage_id
        FROM knowledge_passageembedding e
        JOIN knowledge_passage p ON p.id = e.passage_id
        JOIN knowledge_article a ON a.id = p.article_id
        WHERE e.index_id = INDEX_ID AND VISIBLE
        ORDER BY e.vector::VECTOR_TYPE <=> %(vector)s::VECTOR_TYPE LIMIT %(candidates)s
    )
"""

_FUSED = """
    SELECT FOUND,
        %(share)s * coalesce(words.text_rank, 0)::float8
            + (1 - %(share)s) * greatest(coalesce(s.similarity, 0), 0) AS score,
        s.similarity, coalesce(words.text_rank, 0)::float8
    FROM (SELECT passage_id FROM words UNION SELECT passage_id FROM nearest) candidate
    JOIN knowledge_passage p ON p.id = candidate.passage_id
    JOIN knowledge_article a ON a.id = p.article_id
    LEFT JOIN words ON words.passage_id = p.id
    LEFT JOIN LATERAL (
        SELECT 1 - (e.vector::VECTOR_TYPE <=> %(vector)s::VECTOR_TYPE) AS similarity
        FROM knowledge_passageembedding e
        WHERE e.index_id = INDEX_ID AND e.passage_id = p.id
    ) s ON true
    ORDER BY score DESC, p.id LIMIT %(limit)s
"""
