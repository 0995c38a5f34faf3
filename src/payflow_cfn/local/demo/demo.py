"""`local demo`: run the rendered templates and the packaged functions on the embedded AWS, and check their effects."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from payflow_cfn.config.alarms import PAYMENT_DURATION
from payflow_cfn.local.demo.effects import observe
from payflow_cfn.local.demo.local_deploy import BUCKET, PARAMETERS, Site, opened
from payflow_cfn.local.demo.scenarios import SCENARIOS, Effects, Scenario, verdict
from payflow_cfn.local.emulator.clients import LocalClients, child_environment
from payflow_cfn.local.emulator.emulator import Emulator
from payflow_cfn.local.emulator.emulator_gaps import DIFFERENCES
from payflow_cfn.local.records.metrics import MetricPoint, log_metrics, put_metrics
from payflow_cfn.local.records.notices import listen, received
from payflow_cfn.workflow.payment_input import EXAMPLE

if TYPE_CHECKING:
    from payflow_cfn.config.project import Project

Print = Callable[[str], None]

_NEXT = """\
the state machine is {machine}
in another shell, once it has read the lines of standard output:
  payflow run --env demo '{payment}'
  payflow deploy --env dev --yes --bucket {bucket}
Ctrl-C ends it all"""


def demo(out: Print = print, *, cache: str = "", caveats: bool = False, project: Project | None = None) -> bool:
    """Run every scenario on a fresh emulator and print its effects; True when all are as expected.

    The last line says what became of the money; `caveats` lists what the emulator does not cover. `cache` is the folder
    of the checks' reports, `project` has the settings and the parameters of the environment `demo`; LocalError when the
    set has findings.
    """
    with _site(out, cache, project) as site:
        clients, outputs = site.clients, site.outputs
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="demo-notices")
        seen = [(each, _observed(out, clients, outputs, queue, each)) for each in SCENARIOS]
        rows = [_Row(each.name, each.expected.text(), effects.text()) for each, effects in seen]
        with _step(out, "read the metrics and raise the failures alarm"):
            rows += _monitoring(clients, outputs, queue)
    out(_table(rows))
    out(_caveats(listed=caveats))
    wrong = [each.name for each in rows if each.expected != each.observed]
    if wrong:
        out(f"mismatches: {', '.join(wrong)}")
    out(verdict(seen))
    return not wrong


def up(
    out: Print = print,
    tell: Print = print,
    *,
    wait: Callable[[], object],
    cache: str = "",
    project: Project | None = None,
) -> None:
    """Deploy the set to a fresh emulator, and keep it until `wait` returns.

    `out` gets only lines for a POSIX shell, which then reaches it; `tell` gets the progress and what to try.
    Ctrl-C (KeyboardInterrupt) in `wait` is the ordinary end; nothing is left running whichever way it ends. `cache` and
    `project` are as in `demo`; LocalError when the set has findings.
    """
    with _site(tell, cache, project) as site:
        for line in _shell_lines(site.cloud):
            out(line)
        tell(_NEXT.format(machine=site.outputs["StateMachineArn"], bucket=BUCKET, payment=EXAMPLE))
        with suppress(KeyboardInterrupt):
            wait()


def _shell_lines(cloud: Emulator) -> Iterator[str]:
    """The lines that make a shell use the emulator, with any profile, session or proxy that it has.

    The key is in a file of the run's own folder: these lines end in files and terminals that others may read.
    """
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    # Whatever else a client would take before the file.
    others = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
    yield f"unset {' '.join((*keys, *others))}"
    found = child_environment(cloud) | {"AWS_SHARED_CREDENTIALS_FILE": str(_credentials_file(cloud))}
    for name, value in sorted(found.items()):
        if name.startswith("AWS_") and name not in keys:
            yield f"export {name}={shlex.quote(value)}"
    yield 'export NO_PROXY="127.0.0.1${NO_PROXY:+,$NO_PROXY}" no_proxy="127.0.0.1${no_proxy:+,$no_proxy}"'


def _credentials_file(cloud: Emulator) -> Path:
    """Write the run's key where only its owner can read it."""
    path = cloud.home / "credentials"
    text = f"[default]\naws_access_key_id = {cloud.keys.key_id}\naws_secret_access_key = {cloud.keys.secret}\n"
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="ascii")
    return path


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    expected: str
    observed: str

    @property
    def lines(self) -> list[str]:
        """The row, and below it the expected values that differ."""
        if self.observed == self.expected:
            return [f"{self.name:<19}  {self.observed:<54}  ok"]
        return [f"{self.name:<19}  {self.observed:<54}  WRONG", f"{'':<19}  {self.expected}  (expected)"]


def _observed(out: Print, clients: LocalClients, outputs: Mapping[str, str], queue: str, scenario: Scenario) -> Effects:
    with _step(out, f"pay {scenario.payment['payment_amount']} ({scenario.name})"):
        return observe(clients, outputs, queue, scenario)


def _monitoring(clients: LocalClients, outputs: Mapping[str, str], queue: str) -> list[_Row]:
    """Check that durations become metrics, that an alarm's notice reaches the topic, and that a lost answer rings."""
    points = log_metrics(clients, outputs["ProcessingLogGroupName"])
    metric = PAYMENT_DURATION.replace("${Environment}", PARAMETERS["Environment"])
    durations = [each for each in points if each.name == metric]
    timed = sum(each.timed for each in SCENARIOS)
    put_metrics(clients, [_failures(outputs)])
    alarms = [each for each in received(clients, queue) if "alarm-sfn-failures-demo" in each.message]
    unknown = _alarm_state(clients, outputs["PaymentUnknownAlarmName"])
    return [
        _counted("payment durations", "metric point", timed, len(durations)),
        _counted("failures alarm", "notice at the topic", 1, len(alarms)),
        _Row("unknown alarm", "ALARM", unknown),
    ]


def _alarm_state(clients: LocalClients, name: str) -> str:
    (alarm,) = clients("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


def _counted(name: str, what: str, expected: int, observed: int) -> _Row:
    return _Row(name, _count(expected, what), _count(observed, what))


def _count(number: int, what: str) -> str:
    head, _, rest = what.partition(" at ")
    return f"{number} {head}{'' if number == 1 else 's'}{' at ' + rest if rest else ''}"


def _failures(outputs: Mapping[str, str]) -> MetricPoint:
    dimensions = (("StateMachineArn", outputs["StateMachineArn"]),)
    return MetricPoint("AWS/States", "ExecutionsFailed", 3.0, "Count", dimensions)


def _table(rows: list[_Row]) -> str:
    heading = f"{'scenario':<19}  result; row; notices; charge"
    return "\n".join([heading, *(line for each in rows for line in each.lines)])


def _caveats(*, listed: bool) -> str:
    if not listed:
        return f"{len(DIFFERENCES)} things differ on AWS: `payflow local demo --caveats` or docs/emulator/gaps.md"
    return "\n".join(["not covered by the embedded AWS:", *(f"  - {each}" for each in DIFFERENCES)])


@contextmanager
def _site(out: Print, cache: str, project: Project | None) -> Iterator[Site]:
    started = time.monotonic()
    out("render, check, package and deploy seven templates to the embedded AWS ...")

    def mark(done: str) -> None:
        out(f"  {time.monotonic() - started:.1f} s {done}")

    settings = project.settings if project else None
    parameters = project.target(PARAMETERS["Environment"]).parameters if project else {}
    with opened(mark, cache=cache, settings=settings, parameters=parameters) as site:
        yield site


@contextmanager
def _step(out: Print, what: str) -> Iterator[None]:
    started = time.monotonic()
    out(f"{what} ...")
    yield
    out(f"  {time.monotonic() - started:.1f} s")
