"""Sets that say they are payflow's: rules about names, tags and runbooks of ours hold for no other set."""

from __future__ import annotations

import re

from payflow_cfn.aws.parsed_set import ParsedSet

# How the Description of every template begins that `render` writes.
_OURS = re.compile(r"payflow \d+\.\d+")


def says_payflow(templates: ParsedSet) -> bool:
    """Whether a template's Description says it."""
    return any(_OURS.match(str(each.get("Description", ""))) for each in templates.templates.values())
