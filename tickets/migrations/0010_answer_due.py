"""A time is promised as long as an answer is owed, be it the first one or a later one."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0010_words_of_messages'),
        ('tickets', '0009_growing_lists'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='ticket',
            name='ticket_response_due',
        ),
        migrations.RunSQL(
            "UPDATE tickets_ticket SET due_at = NULL WHERE first_response_at IS NOT NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name='responsetarget',
            name='minutes',
            field=models.PositiveIntegerField(verbose_name='office minutes to an answer'),
        ),
        migrations.AlterField(
            model_name='ticket',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='answer due'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('due_at'), condition=models.Q(('due_at__isnull', False)), name='ticket_response_due'),
        ),
    ]
