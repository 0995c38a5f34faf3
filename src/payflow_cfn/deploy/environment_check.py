"""Check the environments of payflow.toml against the rendered set, before any of them is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from payflow_cfn.artifacts.set_folder import ROOT
from payflow_cfn.aws.regions import unknown_region
from payflow_cfn.deploy.cloudformation.template import RootTemplate, check_values, dropped_names, parse_root
from payflow_cfn.deploy.prepare import check_requirements
from payflow_cfn.errors import SettingsError, gathered, refuse

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.config.environment import Target
    from payflow_cfn.config.project import Project


def check_environments(project: Project, templates: TemplateSet) -> None:
    """SettingsError, with every mistake, for parameters and regions that a deploy of the set would refuse.

    A value that needs an option for production is not a mistake here.
    """
    root, found = parse_root(templates.templates[ROOT]), list[SettingsError]()
    for name, target in project.environments.items():
        wrong: list[SettingsError] = []
        _check(root, target, templates, wrong)
        found += [
            SettingsError(f"[environments.{name}] {each.message}", remedy=each.remedy, **each.data) for each in wrong
        ]
    refuse(found)


def _check(root: RootTemplate, target: Target, templates: TemplateSet, found: list[SettingsError]) -> None:
    with gathered(found):
        dropped_names(root, target.parameters, {})
    with gathered(found):
        check_values(root, target.parameters)
    if not found:
        with gathered(found):
            check_requirements(root, target.parameters, templates, region=target.region)


def region_notices(project: Project) -> Iterator[str]:
    """A line for each environment whose region is unknown here; AWS may have opened it since."""
    for name, target in project.environments.items():
        if problem := target.region and unknown_region(target.region):
            yield f"[environments.{name}] region: {problem}"
