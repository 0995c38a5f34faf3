"""Print once that a call gets no answer and is retried; stop at once if no retry can help."""

from __future__ import annotations

import os
import ssl
from typing import Any

import click

from payflow_cfn.errors import SettingsError
from payflow_cfn.text import one_line

# Attempts without an answer before the line is printed: a single one is over quickly.
_SILENCES = 2


def tell_of_retries(client: Any) -> Any:
    """The client, which prints once on standard error that it is retrying.

    SettingsError at the first attempt if no other one would help: the certificate is not trusted, or this shell's
    embedded AWS has ended.
    """
    told: list[str] = []

    def tell(*, attempts: int, caught_exception: Exception | None, **_: Any) -> None:
        _refuse_ended(caught_exception)
        _refuse_untrusted(caught_exception)
        if caught_exception is not None and attempts >= _SILENCES and not told:
            told.append(one_line(str(caught_exception)))
            click.echo(f"no answer yet ({told[0]}), trying again ...", err=True)

    client.meta.events.register("needs-retry", tell)
    return client


def _refuse_ended(error: Exception | None) -> None:
    from botocore.exceptions import EndpointConnectionError

    bundle = os.environ.get("AWS_CA_BUNDLE", "")
    if isinstance(error, EndpointConnectionError) and bundle and not os.path.exists(bundle):
        raise SettingsError(
            f"nothing answers at {error.kwargs['endpoint_url']}, and {bundle} (AWS_CA_BUNDLE) is gone",
            remedy="start `payflow local up` again and source its lines, or open another shell",
        ) from None


def _refuse_untrusted(error: Exception | None) -> None:
    from botocore.exceptions import SSLError

    if not isinstance(error, SSLError):
        return
    cause = getattr(error.kwargs["error"], "args", (None,))[0]
    bundle = os.environ.get("AWS_CA_BUNDLE", "")
    if isinstance(cause, ssl.SSLCertVerificationError):
        raise SettingsError(
            f"the certificate of {error.kwargs['endpoint_url']} is not trusted ({cause.verify_message})",
            remedy="name the file of the authority that signed it in AWS_CA_BUNDLE"
            + (f" (now {bundle})" if bundle else "; a proxy that reads TLS has one of its own"),
        ) from None
    if isinstance(cause, OSError) and getattr(cause, "library", "") != "SSL":
        raise SettingsError(
            f"the trusted certificates cannot be read ({one_line(str(cause))})",
            remedy=f"correct AWS_CA_BUNDLE (now {bundle})" if bundle else "correct ca_bundle in the AWS profile",
        ) from None
