"""The parts of the page, each made from the set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from payflow_cfn.aws.parsed_set import ROOT
from payflow_cfn.aws.template import notes_of
from payflow_cfn.aws.values import HIDDEN
from payflow_cfn.report import prices
from payflow_cfn.report.access import Access, access_of, deviations_of
from payflow_cfn.report.cost import DAYS, FUNCTION_SECONDS, LOG_BYTES, estimate, predicted
from payflow_cfn.report.html import Html, code, joined, section, table, tag
from payflow_cfn.report.pictures import access_picture, stacks_picture, workflow_picture
from payflow_cfn.report.subject import Subject, short
from payflow_cfn.workflow.diagram import arrows

_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_MANY = 3  # more values of a condition than this are counted, not listed


def overview(subject: Subject) -> Html:
    """The set in numbers, and its files."""
    templates = subject.templates
    resources = list(subject.decided.resources())
    roles = [each for each in resources if each[2].get("Type") == "AWS::IAM::Role"]
    faults = deviations_of(subject)
    total = sum((each.dollars for each in estimate(subject)), Decimal(0))
    facts = {
        "Templates": len(templates.templates),
        "Resources": len(resources),
        "Roles": len(roles),
        "Alarms": len(list(subject.decided.resources(*_ALARMS))),
        "Permissions that differ from the needs": len(faults),
        "Dollars a month, estimated": f"{total:.2f}",
    }
    counts = tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items()))
    rows = [(code(name), code(sha256(text.encode()).hexdigest())) for name, text in sorted(templates.files.items())]
    return section("overview", "The set", counts, table("Files of the set", ("File", "SHA-256"), rows))


def resources(subject: Subject) -> Html:
    """What each stack creates."""
    parts = [stacks_picture(subject)]
    for stack, template in subject.decided.templates.items():
        rows = [
            (code(logical), code(each.get("Type", "")), code(_name(subject, stack, each)), _fate(each), _origin(each))
            for logical, each in template["Resources"].items()
        ]
        if rows:
            head = ("Logical id", "Type", "Name", "When it is removed", "From")
            parts.append(table(f"{subject.decided.file(stack)}: {len(rows)} resources", head, rows))
    return section("resources", "What it creates", *parts)


def _name(subject: Subject, stack: str, resource: Mapping[str, Any]) -> str:
    kind = str(resource.get("Type", "")).rpartition("::")[2]
    properties = resource.get("Properties", {})
    names = (f"{kind}Name", "Name", "AlarmName" if kind == "CompositeAlarm" else "")
    given = next((properties[each] for each in names if each in properties), None)
    return short(str(subject.expanded(stack, given)), subject.world) if given is not None else ""


def _fate(resource: Mapping[str, Any]) -> str:
    return "kept" if str(resource.get("DeletionPolicy", "Delete")).startswith("Retain") else "deleted"


def _origin(resource: Mapping[str, Any]) -> str:
    added = notes_of(resource).get("extension")
    return f"extension {added}" if added else "payflow"


def workflow(subject: Subject) -> Html:
    """The states, as a picture and as a table."""
    machine = subject.machine
    ways: dict[str, list[str]] = {}
    for each in arrows(machine):
        ways.setdefault(each.start, []).append(f"{each.end} ({each.label})" if each.label else each.end)
    rows = [
        (code(name), each["Type"], joined(_lines(ways.get(name, ["the end"]))), each.get("Comment", ""))
        for name, each in ((name, machine["States"][name]) for name in _in_order(machine))
    ]
    has_comments = any(row[-1] for row in rows)
    head = ("State", "Type", "Next", "Comment")
    key = tag("p", "Filled: a call of a service. Dashed box: a choice. Dashed line: after an error. Round: an end.",
              class_="quiet")  # fmt: skip
    cut = None if has_comments else -1
    states = table(f"States, from {machine['StartAt']} on", head[:cut], [row[:cut] for row in rows])
    return section("workflow", "The workflow", workflow_picture(machine), key, states)


def _in_order(machine: Mapping[str, Any]) -> list[str]:
    """The names of the states, in the order in which a payment may come to them."""
    ways = list(arrows(machine))
    found = [str(machine["StartAt"])]
    for start in found:  # it grows meanwhile
        found += dict.fromkeys(each.end for each in ways if each.start == start and each.end not in found)
    return [name for name in dict.fromkeys([*found, *machine["States"]]) if name in machine["States"]]


def _lines(texts: list[str]) -> Iterator[object]:
    for index, each in enumerate(texts):
        if index:
            yield tag("br")
        yield each


def access(subject: Subject) -> Html:
    """Who may do what, and why."""
    found = access_of(subject)
    faults = deviations_of(subject)
    verdict = tag("p", "Each permission is needed, and each need is met.", class_="good") if not faults else joined(
        [tag("p", f"{len(faults)} permissions differ from what payflow needs:", class_="bad"),
         tag("ul", *(tag("li", short(each, subject.world)) for each in faults))]
    )  # fmt: skip
    where = tag(
        "p",
        "ARNs are without partition, region and account. A row with Deny takes a permission away. The tooltip of an "
        "arrow lists its actions.",
    )
    parts = [verdict, where, access_picture(found)]
    for policy in dict.fromkeys(each.policy for each in found):
        rows = [_access_row(subject, each) for each in found if each.policy == policy]
        parts.append(table(_policy(policy), ("May", "Who", "On", "Only when", "Why", "Known by"), rows))
    return section("access", "Who may do what, and why", *parts)


_POLICIES = {"identity": "What {} may do", "trust": "Who may become {}"}


def _policy(policy: str) -> str:
    kind, _, owner = policy.partition(" ")
    return _POLICIES.get(kind, f"Who may use the {kind} {{}}").format(owner)


def _access_row(subject: Subject, each: Access) -> tuple[object, ...]:
    actions = joined(_lines([code(action) for action in each.actions]))
    verb = actions if each.effect == "Allow" else joined([tag("span", f"{each.effect}: ", class_="bad"), actions])
    known = tag("a", each.seen, href=each.source, rel="noreferrer") if each.source else each.seen
    tests = [
        f"{operator} {key}: " + (f"one of {len(values)}" if len(values) > _MANY else
                                 ", ".join(short(value, subject.world) for value in values))
        for operator, key, values in each.conditions
    ]  # fmt: skip
    resource = {"none": "the role itself", "*": "any" if each.policy.startswith("identity") else "itself"}
    return (
        verb,
        code(each.who),
        code(resource.get(each.resource, each.resource)),
        joined(_lines(tests)),
        each.why,
        known,
    )


def alarms(subject: Subject) -> Html:
    """Each alarm with its limit, its first step and its runbook."""
    found = list(subject.resources(*_ALARMS))
    rule = " ".join(str(each.get("AlarmRule", "")) for _, _, each in found)
    rows = [_alarm(subject, each, rule) for _, _, each in found]
    head = ("Alarm", "Means", "Rings when", "Without data", "Pages", "First step", "Runbook")
    none = tag("p", "The set has no alarms.")
    return section("alarms", "Alarms and runbooks", table("Alarms", head, rows) if rows else none)


def _alarm(subject: Subject, alarm: Mapping[str, Any], rule: str) -> tuple[object, ...]:
    name = str(alarm.get("AlarmName", ""))
    text, _, page = str(alarm.get("AlarmDescription", "")).partition(" Runbook: ")
    meaning, _, first = text.partition(" First: ")
    meaning = meaning.removeprefix(f"{subject.world.environment}: ")
    pages = "AlarmRule" in alarm or f'"{name}"' in rule
    missing = alarm.get("TreatMissingData", "")
    return (code(name), meaning.rstrip("."), code(_limit(alarm)), missing, "yes" if pages else "no", first.rstrip("."),
            code(page))  # fmt: skip


def _limit(alarm: Mapping[str, Any]) -> str:
    if "AlarmRule" in alarm:
        return f"one of {str(alarm['AlarmRule']).count('ALARM(')} alarms rings"
    math = {each["Id"]: each for each in alarm.get("Metrics", ())}
    last: Mapping[str, Any] = next((each for each in math.values() if each.get("ReturnData")), {})
    statistic = alarm.get("Statistic", alarm.get("ExtendedStatistic", ""))
    what = str(last.get("Expression", f"{statistic} {alarm.get('MetricName', '')}"))
    seconds = last.get("Period", alarm.get("Period", ""))
    named = ", ".join(f"{key} = {each['Expression']}" for key, each in math.items()
                      if "Expression" in each and each is not last and key in what)  # fmt: skip
    sign = {"GreaterThanThreshold": ">"}.get(str(alarm.get("ComparisonOperator")), alarm.get("ComparisonOperator"))
    where = f"; {named}" if named else ""
    periods = f"{alarm.get('EvaluationPeriods')} \N{MULTIPLICATION SIGN} {seconds} s"
    return f"{what} {sign} {alarm.get('Threshold')} in {periods}{where}"


def interface(subject: Subject) -> Html:
    """Root's parameters with their values here, and its outputs."""
    template = subject.decided.templates[ROOT]
    declared = subject.templates.parameters
    given = [(code(name), _value(subject, name, each), _rule(each), each.get("Description", ""))
             for name, each in declared.items()]  # fmt: skip
    outputs = [
        (
            code(name),
            code(short(str(subject.expanded(ROOT, each.get("Value"))), subject.world)),
            each.get("Description", ""),
        )
        for name, each in template.get("Outputs", {}).items()
    ]
    return section(
        "interface",
        "Parameters and outputs",
        table("Parameters of the root", ("Parameter", "Value here", "Allowed", "Meaning"), given),
        table("Outputs of the root", ("Output", "Value", "Meaning"), outputs),
    )


def _value(subject: Subject, name: str, declared: Mapping[str, Any]) -> Html:
    is_given = name in subject.values
    value = subject.values[name] if is_given else declared.get("Default")
    if value is None:
        return tag("span", "to be given", class_="bad")
    shown = HIDDEN if str(declared.get("NoEcho", "")).lower() == "true" else value
    return joined([code(shown) if shown != "" else "empty", "" if is_given else " (default)"])


def _rule(declared: Mapping[str, Any]) -> str:
    if "AllowedValues" in declared:
        return ", ".join(map(str, declared["AllowedValues"]))
    ends = [f"{word} {declared[key]}" for word, key in (("from", "MinValue"), ("to", "MaxValue")) if key in declared]
    return " ".join(ends) or str(declared.get("AllowedPattern", ""))


def cost(subject: Subject) -> Html:
    """The estimate, with what it assumes."""
    lines = estimate(subject)
    total = sum((each.dollars for each in lines), Decimal(0))
    rows: list[tuple[object, ...]] = [
        (each.item, each.formula, f"{each.quantity.normalize():,f}",
         joined([f"${each.price.dollars:f} for {each.price.per:,} ", tag("a", each.price.unit, href=each.price.page,
                                                                        rel="noreferrer")]),
         f"${each.dollars:,.2f}") for each in lines
    ]  # fmt: skip
    rows.append(("Sum", "", "", "", f"${total:,.2f}"))
    ways = [
        (way.outcome, f"{way.share * 100:f}".rstrip("0").rstrip(".") + " %", *each) for way, each in predicted(subject)
    ]
    head = (
        "Outcome",
        "Share assumed",
        "State transitions",
        "Function calls",
        "Table writes",
        "Notices",
        "Metric requests",
    )
    return section(
        "cost",
        "Cost of a month",
        tag("p", f"An estimate for {subject.request.payments_per_day:,} payments a day: for each line quantity "
            f"\N{MULTIPLICATION SIGN} price. The prices are the list prices in US dollars of {prices.REGION}, read on "
            f"{prices.DATE}, without free tiers, discounts and taxes."),
        table(f"Estimated cost of {DAYS} days", ("Item", "Quantity is", "Quantity", "Price", "Dollars"), rows),
        table("Requests of one payment", head, ways),
        tag("p", f"Assumed: the shares above, {FUNCTION_SECONDS} s for each function call, {LOG_BYTES:,} bytes of logs "
            "for each payment, rows of 1 to 2 KB. Left out: storage and backups of the table, requests to KMS, traces, "
            "network, what functions of extensions do, and repeated calls after errors, except those of FAILED."),
    )  # fmt: skip
