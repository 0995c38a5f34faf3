"""The whole page: one file, which loads nothing and runs nothing."""

from __future__ import annotations

import base64
import json
from hashlib import sha256

from payflow_cfn.report import sections
from payflow_cfn.report.changes import changes
from payflow_cfn.report.html import Html, tag
from payflow_cfn.report.style import STYLE
from payflow_cfn.report.subject import Subject, readable

RECORD = "payflow-report"
MOST_PAYMENTS = 10**9
_PARTS = {
    "overview": ("The set", sections.overview),
    "resources": ("What it creates", sections.resources),
    "workflow": ("The workflow", sections.workflow),
    "access": ("Permissions", sections.access),
    "alarms": ("Alarms", sections.alarms),
    "interface": ("Parameters and outputs", sections.interface),
    "changes": ("Difference", changes),
    "cost": ("Cost", sections.cost),
}


def report_page(subject: Subject) -> str:
    """The page about a set; the same set and request give the same bytes."""
    with readable():
        parts = [make(subject) for _, make in _PARTS.values()]
    return f"<!DOCTYPE html>\n{tag('html', _head(subject), _body(subject, parts), lang='en')}"


def _title(subject: Subject) -> str:
    version = f" {subject.templates.version}" if subject.templates.version else ""
    return f"payflow{version}, environment {subject.world.environment}"


def _head(subject: Subject) -> Html:
    record = json.dumps(subject.request._asdict(), sort_keys=True)
    digest = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    metas = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name=RECORD, content=record),
    ]
    return tag("head", *metas, tag("title", _title(subject)), tag("style", Html(STYLE)))


def _body(subject: Subject, parts: list[Html]) -> Html:
    links = tag("ul", *(tag("li", tag("a", title, href=f"#{name}")) for name, (title, _) in _PARTS.items()))
    about = (
        "Made by payflow report from the templates alone, for a person who reviews them. payflow verify makes it again "
        "and compares every byte."
    )
    header = tag("header", tag("h1", _title(subject)), tag("p", about))
    footer = tag(
        "footer", tag("p", "The file loads nothing and runs no code. Prices are estimates; AWS's bill counts.")
    )
    return tag(
        "body",
        tag("a", "Skip to the report", href="#report", class_="skip"),
        header,
        tag("nav", links, aria_label="Parts of the report"),
        tag("main", *parts, id="report", tabindex="-1"),
        footer,
    )
