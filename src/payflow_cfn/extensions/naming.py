"""Give every physical name of the set an organisation's prefix."""

from __future__ import annotations

from dataclasses import replace

from payflow_cfn.config.names import prefix_limit
from payflow_cfn.stacks.draft import Draft


def name_prefix(payments: Draft, prefix: str) -> Draft:
    """Begin every physical name with `prefix`, such as "acme-": ours, and an extension's that holds the environment.

    It stands before the last part of a path, in every text that has the name. An environment's name may be shorter
    then: the parameter Environment says how long. The root stack keeps its name.
    """
    prefix_limit(prefix)
    return replace(payments.claimed("root/name prefix"), prefix=prefix)
