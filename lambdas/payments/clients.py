"""A function's AWS clients, made at the first call and kept for the life of the sandbox."""

from __future__ import annotations

import functools
import os
from typing import Any

from payments.dynamodb import DirectDynamoDB, read_place
from payments.errors import ConfigurationError
from payments.ledger import DynamoDB, Ledger


@functools.cache
def _session() -> Any:
    """Return botocore's session; boto3 would add a tenth of a second to each cold start."""
    import botocore.session

    return botocore.session.get_session()


@functools.cache
def ledger() -> Ledger:
    """Return this environment's ledger; raise ConfigurationError without TABLE_NAME."""
    table = os.environ.get("TABLE_NAME")
    if not table:
        raise ConfigurationError("TABLE_NAME is not set", remedy="deploy the function with the rendered template")
    return Ledger(dynamodb(), table=table)


@functools.cache
def dynamodb() -> DynamoDB:
    """Return a DynamoDB client: three attempts with jittered backoff, no attempt longer than six seconds."""
    place = read_place(os.environ)
    if place is not None:
        return DirectDynamoDB(place)
    official: DynamoDB = _client("dynamodb")
    return official


@functools.cache
def secrets() -> Any:
    """Return a low-level Secrets Manager client with the same attempts and timeouts."""
    return _client("secretsmanager")


def _client(service: str) -> Any:
    from botocore.config import Config

    return _session().create_client(
        service,
        config=Config(
            connect_timeout=2,
            read_timeout=4,
            retries={"mode": "standard", "total_max_attempts": 3},
            # Our requests are built from checked values, and the service checks them again.
            parameter_validation=False,
            # botocore builds its long default twice for each request: a third of the request's CPU time.
            user_agent="payflow",
        ),
    )
