"""The stand-in's table, apart from its application, which needs more to be imported."""

TABLE = """
    CREATE TABLE IF NOT EXISTS standin_event (
        id bigserial PRIMARY KEY, channel varchar(16) NOT NULL,
        external_id varchar(255) NOT NULL UNIQUE, payload jsonb NOT NULL,
        state varchar(10) NOT NULL, received_at timestamptz NOT NULL
    )
"""
