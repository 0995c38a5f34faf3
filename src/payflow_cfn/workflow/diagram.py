"""Draw the workflow as a Mermaid flowchart, which GitHub and most wikis show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_SHAPES = {"Choice": "{{{}}}", "Succeed": "(({}))", "Fail": "(({}))", "Wait": "([{}])"}
_WORDS = re.compile(r"\$(?:outcome|status) (?:= '(\w+)'|in \[([^]]*)\])")


class Arrow(NamedTuple):
    """A way from one state to another; `label` is its condition, `is_error` what a catch does."""

    start: str
    end: str
    label: str = ""
    is_error: bool = False


def diagram(machine: Mapping[str, Any]) -> str:
    """The flowchart of a state machine's definition; dotted arrows are what its catches do."""
    states: Mapping[str, Mapping[str, Any]] = machine["States"]
    nodes = [f"  {name}{_SHAPES.get(state['Type'], '[{}]').format(name)}" for name, state in states.items()]
    edges = [_edge(each) for each in arrows(machine)]
    return "\n".join(["flowchart TD", f"  Start(( )) --> {machine['StartAt']}", *nodes, *edges]) + "\n"


def arrows(machine: Mapping[str, Any]) -> Iterator[Arrow]:
    """Every way from a state to the next ones."""
    for name, state in machine["States"].items():
        if "Next" in state:
            yield Arrow(name, state["Next"])
        for choice in state.get("Choices", []):
            yield Arrow(name, choice["Next"], _label(choice["Condition"]))
        if "Default" in state:
            yield Arrow(name, state["Default"], "otherwise")
        for target in dict.fromkeys(each["Next"] for each in state.get("Catch", [])):
            yield Arrow(name, target, "error", is_error=True)


def _edge(each: Arrow) -> str:
    if each.is_error:
        return f"  {each.start} -. error .-> {each.end}"
    if not each.label:
        return f"  {each.start} --> {each.end}"
    plain = each.label.replace('"', "'").replace("<", "below").replace("$", "")  # Mermaid reads these itself
    label = each.label if each.label == "otherwise" else f'"{plain}"'
    return f"  {each.start} -- {label} --> {each.end}"


def _label(condition: str) -> str:
    """The outcomes in a condition; a condition without one is unchanged."""
    plain = condition.removeprefix("{%").removesuffix("%}").strip()
    found = _WORDS.search(plain)
    if not found:
        return plain
    words = (found[1] or found[2].replace("'", "")).lower()
    return f"{words}, told before" if "$told" in plain else words
