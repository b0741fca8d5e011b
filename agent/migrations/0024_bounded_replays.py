from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agent", "0023_replay_of_a_run")]

    operations = [
        migrations.AlterField(
            model_name="replay",
            name="days",
            field=models.PositiveSmallIntegerField(
                default=7,
                validators=[MinValueValidator(1), MaxValueValidator(90)],
                verbose_name="days back",
            ),
        ),
        migrations.AlterField(
            model_name="replay",
            name="limit",
            field=models.PositiveIntegerField(
                default=500,
                help_text=(
                    "A configured model is paid for each of them, up to two answers a question. "
                    "It counts for the day's budget, and the replay ends when that is used up."
                ),
                validators=[MinValueValidator(1), MaxValueValidator(2000)],
                verbose_name="questions at most",
            ),
        ),
    ]
