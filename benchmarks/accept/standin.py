"""What a user would build instead: FastAPI, asyncpg and a list in Redis. Run by uvicorn.

The same signature is checked and the same row is stored; the job is a line in Redis, which
writes every command to disk before it answers, as PostgreSQL does. (Two systems cannot commit as
one: a crash between the two loses the job. That is not measured here.)

As many processes as the desk has, on the same event loop, under the same load generator. It does
less than the desk must: one form of the host is tried for the signature and not two, the jobs of
one sender have no order, and a connection that fails is answered 500 instead of tried again.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import asyncpg
import redis.asyncio
from fastapi import FastAPI, Request, Response
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

_INSERT = """
    INSERT INTO standin_event (channel, external_id, payload, state, received_at)
    VALUES ('whatsapp', $1, $2, 'received', $3) ON CONFLICT (external_id) DO NOTHING RETURNING id
"""


@asynccontextmanager
async def _connections(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(
        os.environ["STANDIN_DATABASE"], min_size=4, max_size=16
    )
    app.state.redis = redis.asyncio.Redis(port=int(os.environ["STANDIN_REDIS_PORT"]))
    yield
    await app.state.pool.close()
    await app.state.redis.aclose()


app = FastAPI(lifespan=_connections)
_validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])


@app.post("/api/v1/webhooks/whatsapp")
async def receive(request: Request) -> Response:
    parameters = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    address = os.environ["STANDIN_URL"] + request.url.path
    if not _validator.validate(address, parameters, request.headers.get("X-Twilio-Signature", "")):
        return Response(status_code=403)
    event = await app.state.pool.fetchval(
        _INSERT, f"whatsapp:{parameters['MessageSid']}", json.dumps(parameters), datetime.now(UTC)
    )
    if event is not None:
        await app.state.redis.rpush("jobs", json.dumps({"task": "process", "event": event}))
    return Response("<Response/>", media_type="text/xml")
