"""Draw the workflow as a Mermaid flowchart, which GitHub and most wikis show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SHAPES = {"Choice": "{{{}}}", "Succeed": "(({}))", "Fail": "(({}))", "Wait": "([{}])"}
_WORDS = re.compile(r"\$(?:outcome|status) (?:= '(\w+)'|in \[([^]]*)\])")


def diagram(machine: Mapping[str, Any]) -> str:
    """The flowchart of a state machine's definition; dotted arrows are what its catches do."""
    states: Mapping[str, Mapping[str, Any]] = machine["States"]
    nodes = [f"  {name}{_SHAPES.get(state['Type'], '[{}]').format(name)}" for name, state in states.items()]
    edges = [edge for name, state in states.items() for edge in _edges(name, state)]
    return "\n".join(["flowchart TD", f"  Start(( )) --> {machine['StartAt']}", *nodes, *edges]) + "\n"


def _edges(name: str, state: Mapping[str, Any]) -> Iterator[str]:
    if "Next" in state:
        yield f"  {name} --> {state['Next']}"
    for choice in state.get("Choices", []):
        yield f'  {name} -- "{_label(choice["Condition"])}" --> {choice["Next"]}'
    if "Default" in state:
        yield f"  {name} -- otherwise --> {state['Default']}"
    for target in dict.fromkeys(each["Next"] for each in state.get("Catch", [])):
        yield f"  {name} -. error .-> {target}"


def _label(condition: str) -> str:
    """The outcomes in a condition; a condition without one is unchanged, except for Mermaid's own characters."""
    plain = condition.removeprefix("{%").removesuffix("%}").strip()
    found = _WORDS.search(plain)
    if not found:
        return plain.replace('"', "'").replace("<", "below").replace("$", "")
    words = (found[1] or found[2].replace("'", "")).lower()
    return f"{words}, told before" if "$told" in plain else words
