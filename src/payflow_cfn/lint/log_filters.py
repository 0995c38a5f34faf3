"""The rule that metric filters read what the functions and workflows of the set write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from payflow_cfn.aws.data_resources import FUNCTION, MACHINE
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.values import listed
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.function_code import Code, log_levels, read_code
from payflow_cfn.lint.metric_sources import FILTER
from payflow_cfn.lint.references import alternatives, evaluated, is_open, kind_of, placed, text_in

_GROUP = "AWS::Logs::LogGroup"
_LAMBDA_GROUP = "/aws/lambda/"
_FIELD = re.compile(r"\$\.(\w+)")
_EQUALS = re.compile(r'\$\.(\w+)\s*=\s*"([^"*]+)"')
# Fields that Lambda, and the loggers that are used there, write beside those of the code.
_LOGGERS = """level location message timestamp service cold_start function_name function_memory_size function_arn
    function_request_id xray_trace_id sampling_rate correlation_id exception exception_name stack_trace time type
    record requestId logger errorMessage errorType stackTrace traceId"""
_OF_LOGGERS = frozenset(_LOGGERS.split())
# Fields of an execution's log line (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html).
_MACHINES = "id type details previous_event_id event_timestamp execution_arn map_run_arn redrive_count"
_OF_MACHINES = frozenset(_MACHINES.split())


def filters_read_what_is_written(templates: ParsedSet) -> Iterator[Breach]:
    """PF047: a metric filter reads a group that something of the set writes to, and fields and texts of its lines.

    A filter that matches nothing is accepted, and its metric has no data, or zero for ever
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
    """
    for stack, logical, resource in templates.resources(FILTER):
        properties = evaluated(templates, stack, resource.get("Properties", {}))
        for problem in _problems(templates, properties):
            yield Breach(stack, f"Resources/{logical}/Properties", problem)


def _problems(templates: ParsedSet, given: dict[str, Any]) -> Iterator[str]:
    for group in alternatives(given.get("LogGroupName")):
        place = placed(templates, group)
        if place is not None and (kind_of(templates, place) != _GROUP or place.attribute != "Ref"):
            yield f"LogGroupName takes the name of a log group, not {place.resource}.{place.attribute}"
            continue
        name = _name(templates, place, group)
        functions = [each for each in _functions(templates) if name and name in each[1]]
        if name.startswith(_LAMBDA_GROUP) and not functions and any(_functions(templates)):
            yield f"no function of the set writes to {name}"
        codes = [read_code(templates, properties) for properties, _ in functions]
        if codes and None not in codes:
            yield from _unwritten(given, [each for each in codes if each])
        elif not functions and place and _is_of_machine(templates, place):
            yield from _unknown_to_machines(given)


def levels_show_what_is_counted(templates: ParsedSet) -> Iterator[Breach]:
    """PF088: a function logs at a level that shows the events which a metric filter counts.

    With LOG_LEVEL or ApplicationLogLevel above the level of the event, the line is never written, and the metric has no
    data (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html).
    """
    counted = list(_counted(templates))
    for stack, logical, resource in templates.resources(FUNCTION):
        properties = evaluated(templates, stack, resource.get("Properties", {}))
        code = read_code(templates, properties)
        own = _groups(templates, properties)
        for event in sorted({text for group, texts in counted if group in own for text in texts} if code else ()):
            written = [_LEVELS.index(each) for each in log_levels(code, event)] if code else []
            for name, level in _limits(properties, code) if code else ():
                if written and level in _LEVELS and max(written) < _LEVELS.index(level):
                    path = f"Resources/{logical}/Properties"
                    yield Breach(stack, path, f"{name} {level} hides {event}, which a metric filter counts")


_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_SAME = {"WARN": "WARNING", "FATAL": "CRITICAL", "EXCEPTION": "ERROR"}
_OF_LIBRARY = {"LOG_LEVEL": "aws_lambda_powertools", "POWERTOOLS_LOG_LEVEL": "aws_lambda_powertools"}


def _limits(properties: dict[str, Any], code: Code) -> Iterator[tuple[str, str]]:
    """What sets the least level that is written: the name of the setting, and the level."""
    given = properties.get("Environment", {}).get("Variables", {})
    for name, library in _OF_LIBRARY.items():
        if isinstance(given, dict) and name in given and (code.imports(library) or name in code.texts):
            yield name, _level(given[name])
    logging = properties.get("LoggingConfig", {})
    if logging.get("LogFormat") == "JSON" and "ApplicationLogLevel" in logging:
        yield "ApplicationLogLevel", _level(logging["ApplicationLogLevel"])


def _level(value: Any) -> str:
    return _SAME.get(str(value).upper(), str(value).upper())


def _counted(templates: ParsedSet) -> Iterator[tuple[str, list[str]]]:
    """The group that each metric filter reads, and the texts that it looks for."""
    for stack, _, resource in templates.resources(FILTER):
        given = evaluated(templates, stack, resource.get("Properties", {}))
        texts = [text for field, text in _EQUALS.findall(str(given.get("FilterPattern", ""))) if field != "level"]
        for group in alternatives(given.get("LogGroupName")):
            yield _name(templates, placed(templates, group), group), texts


def _name(templates: ParsedSet, place: Place | None, group: Any) -> str:
    """The physical name of the group; empty where it is not known."""
    if place is not None:
        group = evaluated(templates, place.stack, templates.resource(place).get("Properties", {}).get("LogGroupName"))
    return "" if group is None or is_open(group) else text_in(templates, group)


def _functions(templates: ParsedSet) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """The evaluated properties of each function, and the names of the groups that it may write to."""
    for stack, _, resource in templates.resources(FUNCTION):
        properties = evaluated(templates, stack, resource.get("Properties", {}))
        yield properties, _groups(templates, properties)


def _groups(templates: ParsedSet, properties: dict[str, Any]) -> tuple[str, ...]:
    """The names of the groups that a function may write to."""
    own = properties.get("LoggingConfig", {}).get("LogGroup")
    if own is not None:
        return tuple(_name(templates, placed(templates, each), each) for each in alternatives(own))
    name = properties.get("FunctionName")
    return ("" if name is None or is_open(name) else _LAMBDA_GROUP + text_in(templates, name),)


def _is_of_machine(templates: ParsedSet, group: Place) -> bool:
    """Whether a state machine logs to this group."""
    for stack, _, resource in templates.resources(MACHINE):
        logging = resource.get("Properties", {}).get("LoggingConfiguration", {})
        for each in listed(evaluated(templates, stack, logging).get("Destinations")):
            place = placed(templates, each.get("CloudWatchLogsLogGroup", {}).get("LogGroupArn"))
            if place is not None and place[:2] == group[:2]:
                return True
    return False


def _fields(given: dict[str, Any]) -> list[str]:
    """The fields that the pattern and the values of a filter read."""
    values = [each.get("MetricValue") for each in listed(given.get("MetricTransformations"))]
    return list(dict.fromkeys(_FIELD.findall(" ".join(map(str, (given.get("FilterPattern", ""), *values))))))


def _unwritten(given: dict[str, Any], codes: list[Code]) -> Iterator[str]:
    for field in _fields(given):
        if field not in _OF_LOGGERS and not any(each.may_write(field) for each in codes):
            yield f"no code that writes to the group has a field {field}"
    for field, text in _EQUALS.findall(str(given.get("FilterPattern", ""))):
        if field not in _OF_LOGGERS and not any(each.may_write(text) for each in codes):
            yield f"no code that writes to the group has the text {text} for {field}"


def _unknown_to_machines(given: dict[str, Any]) -> Iterator[str]:
    for field in _fields(given):
        if field not in _OF_MACHINES:
            yield f"a state machine writes to the group, and its lines have no field {field}"
