"""Deploy the set to a fresh emulator, and run independent steps at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from payflow_cfn.errors import LocalError
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import Emulator, launched

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.config.settings import Settings
    from payflow_cfn.lint import Report

PARAMETERS = {"Environment": "demo", "ResourceCoverage": "core"}
BUCKET = "demo-artifacts"


@dataclass(frozen=True, slots=True)
class Site:
    """A running emulator, its clients, and the root outputs of the set that is deployed there."""

    cloud: Emulator
    clients: LocalClients
    outputs: Mapping[str, str]


@contextmanager
def opened(
    on_mark: Callable[[str], None],
    *,
    cache: str = "",
    settings: Settings | None = None,
    parameters: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Site]:
    """Render, check, package and deploy the set to a fresh emulator, which lives as long as the block.

    `on_mark` hears what has been done; `cache` is the folder of the checks' reports (empty: always check). `settings`
    (the described system without) and `parameters` make the set; the environment is always `demo`. LocalError, before
    anything is executed, when the set has findings.
    """
    # The emulator's process comes first, even before our own imports; the checks take longest.
    with launched() as starting:
        from payflow_cfn.config.settings import Settings
        from payflow_cfn.lint import report
        from payflow_cfn.processes import begun
        from payflow_cfn.stacks.render import build_set

        templates = build_set(settings or Settings())
        on_mark("rendered")

        def check() -> Report:
            return report(templates, cache=cache)

        def require_clean() -> None:
            on_mark("packaged, and the change set is made")
            refuse_findings(checked())
            on_mark("checked")

        with begun(check) as checked:
            clients = local_clients(starting.emulator)
            _prepare(clients)
            starting.await_ready()
            on_mark("the embedded AWS answers")
            outputs = deployed(clients, templates=templates, parameters=parameters, before_execute=require_clean)
        on_mark("deployed")
        yield Site(starting.emulator, clients, outputs)


def _prepare(clients: LocalClients) -> None:
    """Load the clients and the modules that deploy, before the emulator answers."""
    import payflow_cfn.deploy.deploy_set  # noqa: F401

    for service in ("s3", "cloudformation", "stepfunctions", "dynamodb"):
        clients(service)


def refuse_findings(report: Report) -> None:
    """LocalError, which names the first finding, when there is any."""
    count = len(report.findings)
    if count:
        raise LocalError(
            f"the set has {count} finding{'' if count == 1 else 's'}; the first: {report.findings[0]}",
            remedy="`payflow lint` shows them all",
        )


def deployed(
    clients: LocalClients,
    templates: TemplateSet | None = None,
    *,
    parameters: Mapping[str, str] = MappingProxyType({}),
    before_execute: Callable[[], None] | None = None,
) -> Mapping[str, str]:
    """Make the bucket, package and deploy the set (the described one by default); the root stack's outputs."""
    from payflow_cfn.config.settings import Settings
    from payflow_cfn.deploy import Pace, open_change_set
    from payflow_cfn.deploy.deploy_set import publish_request
    from payflow_cfn.stacks.render import build_set

    cloudformation, s3, templates = clients("cloudformation"), clients("s3"), templates or build_set(Settings())
    s3.create_bucket(Bucket=BUCKET)
    request = publish_request(cloudformation, s3, templates, bucket=BUCKET, parameters={**parameters, **PARAMETERS})
    # The emulator is on this machine and throttles nobody.
    with open_change_set(cloudformation, request, pace=Pace(first=0.02, growth=1.2, most=0.1)) as change_set:
        if before_execute:
            before_execute()
        change_set.execute()
    return change_set.follow().outputs
