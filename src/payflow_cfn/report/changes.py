"""The difference from another set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from payflow_cfn.report.html import Html, code, joined, section, table, tag
from payflow_cfn.report.subject import Subject


def changes(subject: Subject) -> Html:
    """What a deploy of this set over the other one would change; without another set, how to name one."""
    title = "Difference from another set"
    if subject.old is None:
        return section(
            "changes", title, tag("p", "No other set was named: `--against DIR` or `--against VERSION` does.")
        )
    from payflow_cfn.diff import Change, diff_sets
    from payflow_cfn.diff.changes import ResourceChange
    from payflow_cfn.diff.markdown import headline
    from payflow_cfn.diff.text import mark_of, property_line, resource_title, sections

    found = diff_sets(
        subject.old,
        subject.templates,
        old_parameters=_known(subject, subject.old.parameters),
        new_parameters=_known(subject, subject.templates.parameters),
        hidden=True,
    )

    def told(changes: Sequence[Change]) -> Iterator[Html]:
        for name, lines in sections(changes, folded=False):
            if lines:
                yield joined([tag("h3", name.capitalize()), tag("ul", *(tag("li", each) for each in lines))])
        rows = [
            (mark_of(each), code(resource_title(each)),
             joined(joined([code(property_line(one)), tag("br")]) for one in each.properties))
            for each in changes if isinstance(each, ResourceChange)
        ]  # fmt: skip
        if rows:
            yield table("Resources", ("Change", "Resource", "Properties"), rows)

    parts = [tag("p", f"From {subject.request.against} to this set: {headline(found)}.")]
    for only in dict.fromkeys(each.only for each in found):
        parts += [tag("h3", f"Only where {only}")] if only else []
        parts += told([each for each in found if each.only == only])
    marks = "+ added, - removed, ~ changed in place, -/+ replaced, = named only, ! refused or alarming"
    return section("changes", title, *parts, tag("p", marks, class_="quiet") if found else "")


def _known(subject: Subject, parameters: object) -> dict[str, str]:
    known = parameters if isinstance(parameters, dict) else {}
    return {name: value for name, value in subject.values.items() if name in known}
