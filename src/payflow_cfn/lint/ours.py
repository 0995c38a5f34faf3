"""Sets that say they are payflow's: what our house decides for itself holds for no other set."""

from __future__ import annotations

import re

from payflow_cfn.aws.parsed_set import ParsedSet

# The rules that want a choice of ours (a wildcard's reason, a key of one's own, one way to retry): another set may be
# right without it.
OURS_ALONE = frozenset(
    {
        *("PF015", "PF016", "PF017", "PF022", "PF024", "PF025", "PF026", "PF028", "PF031", "PF043", "PF044", "PF050"),
        *("PF076", "PF095", "PF097", "PF098", "PF099", "PF107", "PF108", "PF113", "PF115"),
    }
)
# How the Description of every template begins that `render` writes.
_OURS = re.compile(r"payflow \d+\.\d+")


def says_payflow(templates: ParsedSet) -> bool:
    """Whether a template's Description says it."""
    return any(_OURS.match(str(each.get("Description", ""))) for each in templates.templates.values())
