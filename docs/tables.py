"""Write the tables of the pages, and the list of clean templates: `PYTHONPATH=src python docs/tables.py`."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.aws.worlds import World
from payflow_cfn.config.alarms import ALARMS, HEALTH, Alarm, Threshold
from payflow_cfn.config.gateways import GATEWAYS
from payflow_cfn.config.settings import Settings
from payflow_cfn.iam import Role, Scope, access_for, children_of
from payflow_cfn.lint.cfn_lint import lint_templates
from payflow_cfn.lint.clean_parts import FILE, part_hash
from payflow_cfn.lint.parts import parts
from payflow_cfn.lint.rules import explanations
from payflow_cfn.stacks.config_schema import project_schema
from payflow_cfn.stacks.render import build_set

DOCS = Path(__file__).parent
BLOCK = re.compile(r"(?<=<!-- made by docs/tables.py: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
SCHEMA = project_schema()["properties"]
ENVIRONMENT = next(iter(SCHEMA["environments"]["patternProperties"].values()))
TEMPLATES = build_set(Settings())
REGIONS = ["us-east-1"]

Rows = Iterator[tuple[str, ...]]


def table(head: str, rows: Rows) -> str:
    """A table in Markdown; `head` has its columns with a bar between them."""
    lines = [f"| {head} |", f"|{'---|' * len(head.split(' | '))}", *(f"| {' | '.join(each)} |" for each in rows)]
    return "\n".join(lines) + "\n"


def keys(facts: dict[str, Any]) -> Rows:
    for key, each in facts["properties"].items():
        default = each.get("default", "")
        shown = f"`{json.dumps(default)}`" if default not in ("", None, []) else ""
        yield f"`{key}`", values(each), shown, each["description"]


def values(each: dict[str, Any]) -> str:
    if "enum" in each:
        return ", ".join(f"`{one}`" for one in each["enum"])
    if "minimum" in each:
        return f"{each['minimum']:.9g} to {each['maximum']:.9g}"
    kind = each.get("type") or each["anyOf"][0]["type"]
    return {"string": "text", "boolean": "`true`, `false`", "array": "list", "object": "table"}[kind]


def parameters() -> Rows:
    for name, each in ENVIRONMENT["properties"]["parameters"]["properties"].items():
        yield f"`{name}`", each.get("default", ""), each["description"]


def alarms() -> Rows:
    for each in ALARMS:
        name = f"[`alarm-{each.purpose}-{{env}}`](runbooks/{each.page})"
        yield name, "yes" if each.pages else "", rings(each), each.meaning, each.runbook
    paging = ", ".join(f"`{each.purpose}`" for each in ALARMS if each.pages)
    yield (
        f"[`alarm-{HEALTH}-{{env}}`](runbooks/{HEALTH}.md)",
        "itself",
        f"any alarm that pages: {paging}",
        "payments are unhealthy",
        "look which single alarm is in ALARM",
    )


def rings(alarm: Alarm) -> str:
    limit = f"`{alarm.threshold.parameter}`" if isinstance(alarm.threshold, Threshold) else str(alarm.threshold)
    often = f", {alarm.periods} times in a row" if alarm.periods > 1 else ""
    return f"{measured(alarm)} above {limit} in {alarm.seconds} s{often}"


def measured(alarm: Alarm) -> str:
    if alarm.queries:
        lines = "; ".join(f"{each.id} = {each.expression}" for each in alarm.queries if each.expression)
        return f"{alarm.queries[-1].id} of `{re.sub(r'[$][{]|[}]', '', lines)}`"
    metric = alarm.metric.replace("${Environment}", "{env}")
    return f"{alarm.statistic.lower()} of `{alarm.namespace}` `{metric}`"


def gateways() -> Rows:
    for each in GATEWAYS.values():
        address = "`GatewayUrl`" if each.needs_address else "its own"
        lifetime = f"{each.key_lifetime:.0f}" if each.key_lifetime else "for ever"
        lifetime += ", or `gateway.key_lifetime_seconds` of the payload" if each.sets_lifetime else ""
        yield (
            f"`{each.name}`",
            address if each.needs_secret else "",
            "yes" if each.needs_secret else "none",
            f"`{each.sdk}`" if each.sdk else "",
            lifetime,
        )


def rules() -> Rows:
    for key, why in explanations().items():
        yield f'<a id="{key.lower()}"></a>{key}', why.full


def documents() -> Rows:
    scope = Scope(
        environment="dev",
        account="111122223333",
        region="eu-west-2",
        children=children_of(TEMPLATES),
        bucket="artifacts",
        boundary="payments-limits",
    )
    service = scope.role("/role-cloudformation-payflow-dev")
    roles: tuple[tuple[Role, str], ...] = (
        *(("deployer", ""), ("deployer", service), ("planner", ""), ("planner", service)),
        *(("operator", ""), ("operator", service), ("reader", ""), ("keeper", ""), ("caller", "")),
    )
    for role, service_role in roles:
        found = access_for(role, scope, TEMPLATES, service_role=service_role)
        sizes = ", ".join(f"{each.name} {each.characters}" for each in (*found.documents, *found.service))
        yield f"{role}{' --with-service-role' if service_role else ''}", sizes


def statements(title: str) -> str:
    """The statements that a key needs beside the account's."""
    sets = parse_set(TEMPLATES.templates)
    policy = sets.templates["encryption"]["Resources"][title]["Properties"]["KeyPolicy"]
    found = expand(sets, "encryption", policy["Statement"][1:], World(environment="prod"))
    return f"```json\n{json.dumps(found, indent=2, sort_keys=True)}\n```\n"


_KEYS = "key | values | default | meaning"
BLOCKS: dict[str, Callable[[], str]] = {
    "settings": lambda: table(_KEYS, keys(SCHEMA["settings"])),
    "environments": lambda: table(_KEYS, keys(ENVIRONMENT)),
    "parameters": lambda: table("parameter | default | meaning", parameters()),
    "alarms": lambda: table("alarm | pages | rings | means | first step", alarms()),
    "gateways": lambda: table("gateway | its address is | API key | setting | remembers a key, in seconds", gateways()),
    "rules": lambda: table("rule | requirement and reason", rules()),
    "documents": lambda: table("command | documents, with their size in characters", documents()),
    **{each: functools.partial(statements, each) for each in ("SnsKey", "CloudwatchKey", "StatesKey")},
}


def made(page: str) -> str:
    """A page with its tables as the code has them."""
    return BLOCK.sub(lambda found: f"{found[1]}{found[2]}{BLOCKS[found[1]]()}", page)


def clean_parts() -> str:
    """What cfn-lint need not check again: the templates of the shipped set, which it finds clean."""
    every = parts(parse_set(TEMPLATES.templates))
    reports = lint_templates(every, regions=REGIONS)
    found = [str(each) for report in reports.values() for each in report.findings if each.rule != "W2531"]
    if found:
        raise SystemExit(f"the shipped set is not clean: {found[0]}")
    hashes = sorted(map(part_hash, every.values()))
    document = {"cfn-lint": version("cfn-lint"), "regions": REGIONS, "parts": hashes}
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    Path(FILE).write_text(clean_parts(), encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md")):
        path.write_text(made(path.read_text(encoding="utf-8")), encoding="utf-8")
