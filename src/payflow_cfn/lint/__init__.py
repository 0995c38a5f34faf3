"""Checks of a rendered template set: cfn-lint, and rules for what it cannot see. An empty list means clean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from payflow_cfn.aws.runtimes import LIVES
from payflow_cfn.lint.findings import Explanation, Finding, Report

if TYPE_CHECKING:
    from datetime import date

    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.aws.parsed_set import ParsedSet
    from payflow_cfn.lint.cache import ReportCache
    from payflow_cfn.lint.parts import Part

__all__ = ["Explanation", "Finding", "Report", "check_set", "lint_set", "report"]

# cfn-lint's, and cloudformation-validate's: no patches, no new function, no update.
_RUNTIME_ENDED = frozenset({"W2531", "E2531", "E2533"})
_REGIONS = ("us-east-1",)
_CODE = "the functions' code"  # where a report's key has it; not the name of a file


def lint_set(templates: TemplateSet, *, regions: Sequence[str] = _REGIONS) -> list[Finding]:
    """Check a set for these regions; the list is empty when it is clean."""
    return list(report(templates, regions=regions).findings)


def check_set(templates: ParsedSet) -> list[Finding]:
    """Apply our own rules to a parsed set; no file is touched, a packaged set will do."""
    from payflow_cfn.lint.rules import apply_rules

    return apply_rules(templates)


def report(
    templates: TemplateSet,
    *,
    regions: Sequence[str] = _REGIONS,
    checker: str = "cfnlint",
    cache: str = "",
    today: date | None = None,
) -> Report:
    """As `lint_set`, with the explanation of the rules.

    `checker` is `cfnlint` or `cloudformation_validate` (CheckError when that is not installed); `cache` is a folder
    with the reports of earlier checks, and gets those of this one; `today` is the day that they are kept for.
    """
    from payflow_cfn.lint.cache import WHOLE, ReportCache
    from payflow_cfn.lint.code_sources import sources_key

    reports = ReportCache.of(cache, regions=regions, checker=checker, today=today)
    code = sources_key(templates)
    checked = {**templates.templates, **({_CODE: code} if code else {})}
    found = reports.load(WHOLE, checked)
    if found is None:
        found = make_report(templates, regions, checker, reports)
        reports.store({WHOLE: (checked, found)})
    return found


def make_report(rendered: TemplateSet, regions: Sequence[str], checker: str, reports: ReportCache) -> Report:
    """Apply our rules to the set, and the checker to those of its templates that have no report in the cache."""
    from payflow_cfn.aws.parsed_set import parse_set
    from payflow_cfn.lint.code_sources import set_sources
    from payflow_cfn.lint.parts import parts
    from payflow_cfn.lint.regional_rules import features_exist
    from payflow_cfn.lint.rules import apply_rules, explanations
    from payflow_cfn.processes import begun

    templates = parse_set(rendered.templates, sources=set_sources(rendered))
    # Ours in a second process while the checker loads its rules in this one.
    with begun(lambda: (*apply_rules(templates), *features_exist(templates, regions))) as found:
        foreign = _foreign(parts(templates), regions, checker, reports)
        ours = found()
    kept = tuple(each for each in foreign.findings if not _is_of_the_calendar(each))
    rules = {name: why for name, why in foreign.rules.items() if any(each.rule == name for each in kept)}
    return Report((*kept, *ours), {**rules, **explanations()})


def _foreign(read: Mapping[str, Part], regions: Sequence[str], checker: str, reports: ReportCache) -> Report:
    """What the checker says of all templates."""
    from payflow_cfn.lint.cfn_lint import lint_templates
    from payflow_cfn.lint.clean_parts import clean_reports
    from payflow_cfn.lint.cloudformation_validate import validate_templates
    from payflow_cfn.lint.findings import merged

    known = {name: kept for name, files in read.items() if (kept := reports.load(name, files))}
    known |= clean_reports(read, regions) if checker == "cfnlint" else {}
    missing = {name: files for name, files in read.items() if name not in known}
    check = lint_templates if checker == "cfnlint" else validate_templates
    made = check(missing, regions=regions) if missing else {}
    reports.store({name: (missing[name], each) for name, each in made.items()})
    return merged({**known, **made})


def _is_of_the_calendar(finding: Finding) -> bool:
    """Whether it says no more than that the support of a runtime ended, which the commands print.

    A set that was clean stays clean as days pass. Runtimes that no setting can name are as wrong as any other value.
    """
    return finding.rule in _RUNTIME_ENDED and any(f"'{name}'" in finding.message for name in LIVES)
