"""Notes what is suspect in articles. Passages are made anew without what readers do not see; those
whose text stays keep their vectors."""

from django.db import migrations, models


def index_anew(apps, schema_editor):
    apps.get_model("knowledge", "Article").objects.update(indexed_fingerprint="")


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0004_words_and_swaps")]

    operations = [
        migrations.AddField(
            model_name="article",
            name="findings",
            field=models.TextField(blank=True, editable=False, verbose_name="findings"),
        ),
        migrations.RunPython(index_anew, migrations.RunPython.noop),
    ]
