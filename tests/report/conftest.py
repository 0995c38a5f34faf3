"""The shipped set, and a page about it."""

from __future__ import annotations

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.config.settings import Settings
from payflow_cfn.report import Request, Subject, report_page, subject_of
from payflow_cfn.stacks.render import build_set


@pytest.fixture(scope="session")
def templates() -> TemplateSet:
    return build_set(Settings())


@pytest.fixture(scope="session")
def subject(templates: TemplateSet) -> Subject:
    """The set in prod, compared with the set that traces."""
    old = build_set(Settings(tracing=True))
    request = Request("prod", "./old", 2000)
    return subject_of(templates, request, values={"GatewayAdapter": "http", "ErrorsThreshold": "7"}, old=old)


@pytest.fixture(scope="session")
def page(subject: Subject) -> str:
    return report_page(subject)
