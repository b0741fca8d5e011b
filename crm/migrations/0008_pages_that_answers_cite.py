"""Finds answers by the page of an article that they cite, without reading every answer."""

from django.db import migrations

FUNCTION = r"""
CREATE OR REPLACE FUNCTION crm_cited_pages(sources jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT array_agg(split_part(url #>> '{}', '#', 1))
    FROM jsonb_path_query(sources, '$[*].url') AS url
$$
"""
INDEX = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS message_cited_pages
ON crm_message USING gin (crm_cited_pages(sources)) WHERE author = 'agent'
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("crm", "0007_rescues")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION crm_cited_pages(jsonb)"),
        migrations.RunSQL(INDEX, "DROP INDEX message_cited_pages"),
    ]
