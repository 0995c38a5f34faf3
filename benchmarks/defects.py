"""Which seeded defect is noticed by cfn-lint alone, and which by our lint: `python benchmarks/defects.py [--json]`.

Each defect is one slip in one template of a fresh set. cfn-lint is one process over every changed template, with the
rest of its set beside it; ours is `lint` of the whole set, with cfn-lint and with the faster validator. Ends with 1
when lint misses one.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seeded import DEFECTS, Defect

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.config.project import Project
from payflow_cfn.lint import report
from payflow_cfn.stacks.render import build_set

CFN_LINT = str(Path(sys.executable).with_name("cfn-lint"))


def seeded_sets() -> dict[Defect, dict[str, str]]:
    """File name to text of a whole set for each defect."""
    shipped = build_set(Project().settings).templates
    return {each: {**shipped, f"{each.template}.json": _seeded(each, shipped)} for each in DEFECTS}


def _seeded(defect: Defect, shipped: Mapping[str, str]) -> str:
    template = json.loads(shipped[f"{defect.template}.json"])
    before = copy.deepcopy(template)
    defect.make(template)
    if template == before:
        raise SystemExit(f"{defect.name}: nothing was changed")
    return json.dumps(template, indent=2)


def by_cfn_lint(sets: Mapping[Defect, Mapping[str, str]]) -> dict[Defect, list[str]]:
    """The rules by which one cfn-lint process notices each; W3002 (children in files) is about every set."""
    with tempfile.TemporaryDirectory() as top:
        changed = {each: _written(Path(top, str(index)), each, sets[each]) for index, each in enumerate(sets)}
        command = [CFN_LINT, "--format", "json", "--ignore-checks", "W3002", "--", *changed.values()]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode & 1 or not done.stdout:
            raise SystemExit(f"cfn-lint ended with {done.returncode}: {done.stderr}")
        matches = [(each["Filename"], each["Rule"]["Id"]) for each in json.loads(done.stdout)]
    return {each: sorted({rule for file, rule in matches if file == path}) for each, path in changed.items()}


def _written(folder: Path, defect: Defect, texts: Mapping[str, str]) -> str:
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return str(folder / f"{defect.template}.json")


def by_lint(sets: Mapping[Defect, Mapping[str, str]], checker: str) -> dict[Defect, list[str]]:
    """The rules by which our lint notices each."""
    return {
        each: sorted({one.rule for one in report(TemplateSet(texts), checker=checker).findings})
        for each, texts in sets.items()
    }


def main() -> int:
    """Print a line for each defect, and the counts."""
    sets = seeded_sets()
    found: dict[str, dict[Defect, list[str]]] = {
        "cfn-lint": by_cfn_lint(sets),
        "lint": by_lint(sets, "cfnlint"),
        "lint --fast": by_lint(sets, "cloudformation_validate"),
    }
    rows: list[dict[str, Any]] = [
        {"defect": each.name, "template": each.template, **{who: rules[each] for who, rules in found.items()}}
        for each in DEFECTS
    ]
    counts = {who: sum(bool(rules[each]) for each in DEFECTS) for who, rules in found.items()}
    if "--json" in sys.argv[1:]:
        print(json.dumps({"defects": rows, "total": len(DEFECTS), "noticed": counts}, indent=2))
    else:
        for row in rows:
            print(f"{row['defect']:<42}", *(f"{who}: {' '.join(row[who]) or '-'};" for who in found))
        print(*(f"{who} {count} of {len(DEFECTS)};" for who, count in counts.items()))
    return int(counts["lint"] < len(DEFECTS))


if __name__ == "__main__":
    sys.exit(main())
