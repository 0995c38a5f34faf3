"""Which weakening lint or audit finds, and diff marks with `!`: `python benchmarks/weakenings.py [NAME ...]`.

Each weakening is put into a fresh set. Found means a finding or an audit fault that the shipped set does not have;
marked means a sentence of `diff` on access that begins with `!`. Ends with 1 when one is not found or not marked.
"""

from __future__ import annotations

import copy
import json
import sys
from collections import Counter
from collections.abc import Mapping

from weakened import WEAKENINGS, Weakening

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.config.project import Project
from payflow_cfn.diff import AccessChange, diff_sets
from payflow_cfn.lint import check_set
from payflow_cfn.stacks.render import build_set

Texts = Mapping[str, str]


def weakened(shipped: Texts, weakening: Weakening) -> dict[str, str]:
    """File name to text of the whole set with this weakening."""
    file = f"{weakening.template}.json"
    template = json.loads(shipped[file])
    before = copy.deepcopy(template)
    weakening.make(template)
    if template == before:
        raise SystemExit(f"{weakening.name}: nothing was changed")
    return {**shipped, file: json.dumps(template, indent=2)}


def findings(texts: Texts) -> set[str]:
    """What our own rules find; cfn-lint knows nothing of whom a policy should let in."""
    return {f"{each.rule} {each.message}" for each in check_set(parse_set(texts))}


def faults(texts: Texts) -> set[str]:
    return {str(each) for each in audit_set(TemplateSet(texts))}


def marked(shipped: Texts, texts: Texts) -> list[str]:
    changes = diff_sets(shipped, texts, hidden=True)
    return [each.text for each in changes if isinstance(each, AccessChange) and each.alarming]


def main(names: list[str]) -> int:
    shipped = dict(build_set(Project().settings).templates)
    clean = findings(shipped), faults(shipped)
    counts: Counter[tuple[str, str]] = Counter()
    for each in WEAKENINGS:
        if names and each.name not in names:
            continue
        texts = weakened(shipped, each)
        rules = sorted({text.partition(" ")[0] for text in findings(texts) - clean[0]})
        audited, seen = faults(texts) - clean[1], marked(shipped, texts)
        counts.update({(each.area, "all"): 1, (each.area, "found"): int(bool(rules or audited))})
        counts.update({(each.area, "audited"): int(bool(audited)), (each.area, "marked"): int(bool(seen))})
        ways = [*rules, *(["audit"] if audited else []), *(["!"] if seen else [])]
        print(f"{each.area}: {each.name}: {' '.join(ways) or 'nothing'}", flush=True)
    for area in dict.fromkeys(area for area, _ in counts):
        row = ", ".join(f"{counts[area, kind]} {kind}" for kind in ("found", "audited", "marked"))
        print(f"{area}: {row} of {counts[area, 'all']}")
    return int(any(counts[area, kind] < counts[area, "all"] for area, _ in counts for kind in ("found", "marked")))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
