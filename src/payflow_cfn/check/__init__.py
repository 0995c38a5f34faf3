"""Checks of a rendered template set: cfn-lint, and rules for what it cannot see. An empty list means clean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from payflow_cfn.check import access, limits, machine, metrics, nested, order
from payflow_cfn.check.findings import Finding
from payflow_cfn.check.linting import lint_templates
from payflow_cfn.check.templates import TemplateSet, parse_set
from payflow_cfn.errors import CheckError

__all__ = ["RULES", "Finding", "check_folder", "check_set", "check_templates"]

Rule = Callable[[TemplateSet], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    nested.parameters_match,
    nested.outputs_exist,
    nested.nothing_unused,
    nested.no_cycle,
    machine.targets_exist,
    machine.states_reachable,
    machine.paths_end,
    machine.catch_all_last,
    machine.tasks_time_out,
    machine.large_data_caught,
    machine.no_substitutions,
    access.alarms_reach_topics,
    access.logs_key_is_exact,
    access.wildcards_are_known,
    metrics.metrics_exist,
    metrics.vended_prefix,
    limits.within_limits,
    limits.names_fit,
    limits.tagged,
    limits.no_partition,
    order.roles_first,
)


def check_folder(folder: Path, *, region: str = "us-east-1") -> list[Finding]:
    """Check the templates of a rendered folder; CheckError when it cannot be read."""
    try:
        texts = {each.name: each.read_text(encoding="utf-8") for each in sorted(Path(folder).glob("*.json"))}
    except (OSError, UnicodeDecodeError) as problem:
        raise CheckError(f"{folder} cannot be read: {problem}", remedy="name the folder that render wrote") from problem
    return check_templates(texts, region=region)


def check_templates(rendered: Mapping[str, str], *, region: str = "us-east-1") -> list[Finding]:
    """Check templates given as file name to text, as deployed to this region; a manifest among them is passed over."""
    templates = parse_set(rendered)
    texts = {f"{stack}.json": text for stack, text in templates.texts.items()}
    return lint_templates(texts, region=region) + check_set(templates)


def check_set(templates: TemplateSet) -> list[Finding]:
    """Apply our own rules to a parsed set; no file is touched, a packaged set will do."""
    return [finding for rule in RULES for finding in _apply(rule, templates)]


def _apply(rule: Rule, templates: TemplateSet) -> list[Finding]:
    try:
        return list(rule(templates))
    except machine.NothingToCheckError as stopped:
        return [stopped.finding]
