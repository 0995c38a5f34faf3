"""The pictures of a set: its workflow, what its stacks give each other, and who may use what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.aws.parsed_set import ROOT, reference, walk
from payflow_cfn.report.access import Access
from payflow_cfn.report.drawing import Edge, Node, Size, columns, graph
from payflow_cfn.report.html import Html
from payflow_cfn.report.subject import Subject
from payflow_cfn.workflow.diagram import arrows

_KINDS = {"Choice": "choice", "Succeed": "end", "Fail": "bad", "Wait": "wait", "Task": "task"}


def workflow_picture(machine: Mapping[str, Any]) -> Html:
    """The states and the ways between them; an error's way is dashed."""
    states = machine["States"]
    nodes = [Node(name, _KINDS.get(each["Type"], "plain"), f"{name} ({each['Type']})") for name, each in states.items()]
    edges = [Edge(*each) for each in arrows(machine) if each.end in states]
    nodes.sort(key=lambda each: each.name != machine["StartAt"])
    return graph("workflow", "The workflow of a payment", nodes, edges)


def stacks_picture(subject: Subject) -> Html:
    """The nested stacks; an arrow is what one hands to another."""
    counts = {stack: len(each["Resources"]) for stack, each in subject.decided.templates.items()}
    children = subject.decided.children()
    nodes = [Node(each, "task", f"{each}: {counts[stack]} resources") for each, stack in children.items()]
    edges = [each for each in _handed(subject) if {each.start, each.end} <= children.keys()]
    return graph("stacks", "The stacks, and the outputs that one gives another", nodes, edges, Size(190, 92, 34))


def _handed(subject: Subject) -> Iterator[Edge]:
    for logical, resource in subject.decided.templates[ROOT]["Resources"].items():
        if resource.get("Type") == STACK:
            for _, value in walk(resource.get("Properties", {}).get("Parameters", {})):
                giver, _, output = reference(value)[1].partition(".Outputs.")
                if output:
                    yield Edge(giver, logical, output)


def access_picture(found: list[Access]) -> Html:
    """Who may use what, without denials; an arrow's tooltip has the actions."""
    allowed = [each for each in found if each.effect == "Allow"]
    edges = [Edge(each.who, each.target, ", ".join(each.actions)) for each in allowed]
    left = [Node(each, "task") for each in dict.fromkeys(edge.start for edge in edges)]
    right = [Node(each, "plain") for each in dict.fromkeys(edge.end for edge in edges)]
    longest = max((len(each.name) for each in chain(left, right)), default=10)
    return columns("access", "Who may use what", left, right, edges, Size(max(200, round(longest * 7.1) + 24), 38, 28))
