import django.db.models.deletion
from django.db import migrations, models

# As `knowledge.words` writes them, of the passages that are there.
POSTINGS = """
    INSERT INTO knowledge_posting (passage_id, article_id, word, weight)
    SELECT passage_id, article_id, language || '/' || lexeme,
        occurrences / (occurrences + 0.25 * (0.5 + 0.5 * length / 27))
    FROM (
        SELECT p.id AS passage_id, a.id AS article_id, l.lexeme,
            split_part(lower(a.language), '-', 1) AS language,
            (SELECT sum(CASE place WHEN 'A' THEN 1.0 WHEN 'B' THEN 0.7 WHEN 'C' THEN 0.5
                ELSE 0.3 END) FROM unnest(l.weights) place) AS occurrences,
            sum(cardinality(array_positions(l.weights, 'D'))) OVER (PARTITION BY p.id) AS length
        FROM knowledge_passage p JOIN knowledge_article a ON a.id = p.article_id,
            unnest(p.search_vector) l
    ) occurring
"""


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0003_sources")]

    operations = [
        migrations.CreateModel(
            name="Posting",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "passage", "word", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "passage",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="postings",
                        to="knowledge.passage",
                    ),
                ),
                (
                    "article",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="knowledge.article",
                    ),
                ),
                ("word", models.TextField(db_collation="C")),
                ("weight", models.FloatField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("word"),
                        models.OrderBy(models.F("weight"), descending=True),
                        include=("passage", "article"),
                        name="posting_best_of_word",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WordCount",
            fields=[
                (
                    "word",
                    models.TextField(db_collation="C", primary_key=True, serialize=False),
                ),
                ("passages", models.PositiveIntegerField()),
            ],
        ),
        migrations.RunSQL(POSTINGS, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="passage", name="passage_full_text"),
        migrations.RemoveField(model_name="passage", name="search_vector"),
        migrations.AddField(
            model_name="embeddingindex",
            name="source",
            field=models.CharField(default="local", max_length=500, verbose_name="opened by"),
        ),
        migrations.AlterField(
            model_name="embeddingindex",
            name="state",
            field=models.CharField(
                choices=[
                    ("building", "building"),
                    ("active", "active"),
                    ("kept", "kept for a return"),
                    ("retired", "being removed"),
                ],
                default="building",
                max_length=10,
                verbose_name="state",
            ),
        ),
    ]
