"""Make the reference pages of the site from the code: commands, rules, outputs, metrics and public names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

import payflow_cfn
from payflow_cfn.aws.parsed_set import ParsedSet, parse_set, reference, walk
from payflow_cfn.cli.main import cli
from payflow_cfn.config.alarms import ALARMS, METRICS_NAMESPACE
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint.findings import Explanation
from payflow_cfn.lint.rules import explanations
from payflow_cfn.stacks.render import build_set

DOCS = Path(__file__).parents[1]
LAMBDAS = DOCS.parent / "lambdas"
EXAMPLES = DOCS / "lint" / "examples.md"
Pages = dict[str, str]


def pages() -> Pages:
    """Every page that the site has and the repository has not, by its path below docs."""
    return {
        **commands(),
        **rules(),
        "reference/outputs.md": outputs(),
        "reference/metrics.md": metrics(),
        **public_names(),
    }


def table(head: str, rows: Iterator[tuple[str, ...]]) -> str:
    """A table in Markdown; `head` has its columns with a bar between them."""
    lines = [f"| {head} |", f"|{'---|' * len(head.split(' | '))}"]
    return "\n".join([*lines, *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)])


def commands() -> Pages:
    """A page for each command, and one that lists them."""
    found = dict(_commands(cli, "payflow"))
    rows = ((f"[`{name}`](commands/{_file(name)})", each.get_short_help_str(200)) for name, each in found.items())
    head = "# Commands\n\nThis page lists the commands. Each page has the text of `--help`."
    return {
        "reference/commands.md": f"{head}\n\n{table('command | it', rows)}\n",
        **{f"reference/commands/{_file(name)}": _command(name, each) for name, each in found.items()},
    }


def _commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name} {each}")
        elif command is not None and not command.hidden:
            yield f"{name} {each}", command


def _file(name: str) -> str:
    return f"{name.removeprefix('payflow ').replace(' ', '-')}.md"


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    text = "\n\n".join(" ".join(each.split()) for each in inspect.cleandoc(command.help or "").split("\n\n"))
    rows = (_option(each, context) for each in command.params if not getattr(each, "hidden", False))
    shown = table("option | meaning | default", rows) if command.params else "It has no options."
    return f"# {name}\n\n{text}\n\n```text\n{usage}\n```\n\n{shown}\n"


def _option(option: click.Parameter, context: click.Context) -> tuple[str, str, str]:
    metavar = option.make_metavar(context)
    if not isinstance(option, click.Option):
        return f"`{metavar}`", "argument", ""
    names = ", ".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag or option.count else f" {metavar}"
    default = option.default if isinstance(option.default, (str, int, float)) and not option.is_flag else ""
    needed = " Required." if option.required else ""
    return f"`{names}{value}`", f"{option.help or ''}{needed}", f"`{default}`" if default != "" else ""


def rules() -> Pages:
    """A page for each rule of our own."""
    examples = _examples()
    return {f"reference/rules/{key.lower()}.md": _rule(key, why, examples[key]) for key, why in explanations().items()}


def _rule(key: str, why: Explanation, example: tuple[str, str]) -> str:
    reason = re.sub(r"\(?(https://[^\s()]+?)([).]+)(?=\s|$)", _link, why.full.removeprefix(why.short).strip())
    accepting = (
        f"[Our own rules](../../lint/rules.md) describes how to accept a finding: the `Metadata` of the resource is "
        f'`{{"payflow": {{"accept": {{"{key}": "the reason"}}}}}}`.'
    )
    parts = [f"# {key}", f"**{why.short}**", reason, table("wrong | right", iter([example])), accepting]
    return "\n\n".join(parts) + "\n"


def _link(found: re.Match[str]) -> str:
    return f"([source]({found[1]}))." if found[0].startswith("(") else f"[source]({found[1]})."


def _examples() -> dict[str, tuple[str, str]]:
    """What a rule finds and what it wants, from the page of examples."""
    text = EXAMPLES.read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(PF\d+)\]\(rules\.md#pf\d+\) \| (.+) \| (.+) \|$", text, re.MULTILINE)
    return {key: (wrong, right) for key, wrong, right in rows}


def outputs() -> str:
    """The outputs of the root template."""
    sets = parse_set(build_set(Settings()).templates)
    rows = ((f"`{name}`", *_origin(sets, each["Value"])) for name, each in sets.templates["root"]["Outputs"].items())
    return (
        "# Outputs\n\nThis page lists the outputs of the root stack. `payflow outputs --env NAME` prints them.\n\n"
        f"{table('output | of | attribute', rows)}\n"
    )


def _origin(sets: ParsedSet, value: Any, stack: str = "root") -> tuple[str, str]:
    """The type of the resource that an output belongs to, and its attribute."""
    names = [reference(each)[1] for _, each in walk(value) if reference(each)[1]]
    if not names:
        return "the stack", f"`{value['Fn::Sub'] if isinstance(value, dict) else value}`"
    logical, _, attribute = names[-1].partition(".")
    if attribute.startswith("Outputs."):
        child = sets.children(stack)[logical]
        return _origin(sets, sets.templates[child]["Outputs"][attribute.removeprefix("Outputs.")]["Value"], child)
    resource = sets.templates[stack]["Resources"].get(logical)
    if resource is None:
        return ("the account", f"`{logical}`") if "::" in logical else ("a parameter", f"`{logical}`")
    return f"`{resource['Type']}`", f"`{attribute or 'Ref'}`"


def metrics() -> str:
    """The metrics that alarms read, ours and those of AWS."""
    read: dict[tuple[str, str], list[str]] = {}
    for alarm in ALARMS:
        pairs = [(METRICS_NAMESPACE, each.metric) for each in alarm.queries if each.metric]
        for pair in pairs or [(alarm.namespace, alarm.metric.replace("${Environment}", "{env}"))]:
            read.setdefault(pair, []).append(f"[`{alarm.purpose}`](../runbooks/{alarm.page})")
    source = (LAMBDAS / "payments" / "observability.py").read_text(encoding="utf-8")
    counted = {(METRICS_NAMESPACE, each) for each in re.findall(r'"((?:Payments|Amount)[A-Z]\w+)"', source)}
    rows = (
        (f"`{namespace}`", f"`{name}`", ", ".join(read.get((namespace, name), [])))
        for namespace, name in sorted({*read, *counted})
    )
    return (
        "# Metrics\n\nThis page lists the metrics of the payments, and those of AWS that an alarm reads. "
        "[Logs and metrics](../money/logs.md) explains ours.\n\n"
        f"{table('namespace | metric | alarms that read it', rows)}\n"
    )


def public_names() -> Pages:
    """A page for each public name of the package, and one that lists them."""
    rows = ((f"[`{name}`](python/{name}.md)", _summary(getattr(payflow_cfn, name))) for name in payflow_cfn.__all__)
    first = (
        "# Public names\n\nThis page lists what `import payflow_cfn` offers. "
        f"[From Python](../library.md) shows how to use it.\n\n{table('name | it', rows)}\n"
    )
    return {
        "reference/python.md": first,
        **{f"reference/python/{name}.md": _public(name, getattr(payflow_cfn, name)) for name in payflow_cfn.__all__},
    }


def _summary(thing: Any) -> str:
    return inspect.cleandoc(thing.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _public(name: str, thing: Any) -> str:
    text = inspect.cleandoc(thing.__doc__ or "")
    parts = [f"# {name}", _prose(text), f"```python\nfrom payflow_cfn import {name}\n\n{_signature(name, thing)}\n```"]
    if inspect.isclass(thing):
        members = [(each, getattr(thing, each)) for each in vars(thing) if not each.startswith("_")]
        rows = [
            (f"`{each}`", _summary(value)) for each, value in members if callable(value) or isinstance(value, property)
        ]
        parts += [table("member | it", iter(rows))] if rows else []
    return "\n\n".join(parts) + "\n"


def _prose(text: str) -> str:
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n"))


def _signature(name: str, thing: Any) -> str:
    given = inspect.signature(thing)
    answers = given.return_annotation
    end = "" if inspect.isclass(thing) or answers is inspect.Signature.empty else f" -> {answers}"
    parts = list(_parameters(given))
    short = f"{name}({', '.join(parts)}){end}"
    return short if len(short) <= 100 else f"{name}(\n" + "".join(f"    {each},\n" for each in parts) + f"){end}"


def _parameters(given: inspect.Signature) -> Iterator[str]:
    kinds = [each.kind for each in given.parameters.values()]
    for index, each in enumerate(given.parameters.values()):
        if each.kind is inspect.Parameter.KEYWORD_ONLY and each.kind not in kinds[:index]:
            yield "*"
        default = repr(each.default)
        # A factory, a function and a whole object are long, and their text is not Python.
        shown = "..." if "<" in default or len(default) > 60 else default
        given_by = "" if each.default is inspect.Parameter.empty else f" = {shown}"
        yield f"{'**' if each.kind is inspect.Parameter.VAR_KEYWORD else ''}{each.name}: {each.annotation}{given_by}"
