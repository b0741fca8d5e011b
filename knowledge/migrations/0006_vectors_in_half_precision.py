"""Makes the HNSW indexes anew as `knowledge.vectors` makes them: in half precision, more
thoroughly. Searches of the release before use the old one until the new one is there; from then
on, until their process ends, they compare the vectors one by one."""

from django.db import migrations, transaction


def make_anew(apps, schema_editor):
    connection = schema_editor.connection
    concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
    indexes = apps.get_model("knowledge", "EmbeddingIndex").objects.filter(dimensions__lte=4000)
    with connection.cursor() as cursor:
        for index in indexes.exclude(state="retired"):
            name = f"knowledge_hnsw_{index.pk}"
            cursor.execute(
                "SELECT coalesce(pg_get_indexdef(to_regclass(%s)) LIKE '%%ef_construction%%', true)",
                [name],
            )
            if cursor.fetchone()[0]:
                continue  # done before it was cut off, or made once the index is full
            cursor.execute(f"DROP INDEX {concurrently} IF EXISTS {name}_anew")
            cursor.execute(
                f"CREATE INDEX {concurrently} {name}_anew ON knowledge_passageembedding "
                f"USING hnsw ((vector::halfvec({index.dimensions})) halfvec_cosine_ops) "
                f"WITH (ef_construction = 128) WHERE index_id = {index.pk}"
            )
            with transaction.atomic(using=connection.alias):
                cursor.execute(f"DROP INDEX {name}")
                cursor.execute(f"ALTER INDEX {name}_anew RENAME TO {name}")


class Migration(migrations.Migration):
    # An index is made without anybody waiting only outside a transaction.
    atomic = False
    dependencies = [("knowledge", "0005_findings")]

    operations = [migrations.RunPython(make_anew, migrations.RunPython.noop)]
