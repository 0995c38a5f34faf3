"""cloudformation-validate in place of cfn-lint: fewer rules, in about half the time and a third of the processor's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from payflow_cfn.errors import CheckError, SettingsError
from payflow_cfn.lint.findings import Explanation, Finding, Report
from payflow_cfn.lint.parts import Part

# What it says of correct templates, with the reason why that is wrong here.
NOT_HEEDED: Mapping[str, str] = MappingProxyType(
    {
        "W1001": "it does not see that an Fn::If around the reference has the condition of the resource",
        "W2509": "the parameter that it takes for a password holds the ARN of a secret",
        "W3002": "the children lie beside the root until `package` or `deploy` uploads them",
    }
)

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")


def validate_templates(parts: Mapping[str, Part], *, regions: Sequence[str]) -> dict[str, Report]:
    """What the validator says of each of these templates: its errors and warnings for each region."""
    try:
        import cloudformation_validate as validator
    except ImportError:
        raise CheckError(
            "cloudformation-validate is not installed", remedy="pip install 'payflow-cfn[fast]', or leave --fast out"
        ) from None
    for region in regions:
        if not _REGION.fullmatch(region):  # the validator takes any text for a region
            raise SettingsError(f"there is no region {region}", remedy="name one as AWS does, such as eu-west-2")
    engine = validator.CelEngine()
    configs = [
        validator.ValidateConfig(
            severity_level=validator.Severity.WARN,
            pseudo_parameter_overrides=validator.PseudoParameterOverrides(region=region),
        )
        for region in regions
    ]
    reports = {}
    for name, part in parts.items():
        content = validator.TemplateContent(part[name], name=name)
        found: dict[Finding, Explanation] = {}
        for config in configs:
            found.update(_findings(name, engine.validate_template(content, config).diagnostics))
        reports[name] = Report(tuple(sorted(found)), {each.rule: why for each, why in found.items()})
    return reports


def _findings(name: str, diagnostics: Sequence[Any]) -> Iterator[tuple[Finding, Explanation]]:
    for each in diagnostics:
        if each.rule_id not in NOT_HEEDED:
            severity = "warning" if each.severity.name == "WARN" else "error"
            short = each.rule_description or each.message
            why = Explanation(short, short, each.documentation_url or "")
            yield Finding(each.rule_id, severity, name, _path(each), each.message), why


def _path(diagnostic: Any) -> str:
    """`Resources/Table/Properties/Name`; the validator separates with dots and leaves the resource out."""
    inside = (diagnostic.property_path or "").replace(".", "/")
    kind = getattr(diagnostic.entity, "resource_type", None)
    if not kind or inside.startswith("Resources/"):
        return inside
    return "/".join(each for each in ("Resources", diagnostic.entity.logical_id, inside) if each)
