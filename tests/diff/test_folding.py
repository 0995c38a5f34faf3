"""A long comparison in fewer lines: counted permissions, and equal changes told once."""

from __future__ import annotations

from payflow_cfn.diff import AccessChange, Change, Effect, PropertyChange, ResourceChange, text


def access(who: str, text: str, *, wider: bool = True, alarming: bool = False) -> AccessChange:
    return AccessChange(("R",), who, f"{who} {text}", wider, alarming)


GRANTS: list[Change] = [
    access("role-b", "may now logs:PutResourcePolicy on everything", alarming=True),
    *(access("role-a", f"may now dynamodb:GetItem, kms:Decrypt on the table {n} if s3:x A b") for n in range(4)),
    access("sns.amazonaws.com", "may now sqs:SendMessage on the queue q"),
    access("anyone", "is now denied sns:Publish on the topic t", wider=False),
]


def changed(*path: str, effect: Effect = Effect.NO_INTERRUPTION, **properties: tuple[object, object]) -> ResourceChange:
    found = tuple(PropertyChange(("Properties", name), *each, effect) for name, each in properties.items())
    return ResourceChange(path, "T", "modify", effect, properties=found)


def test_many_permissions_are_counted_for_each_party_and_what_alarms_stays_whole() -> None:
    assert text(GRANTS, folded=True).splitlines()[2:] == [
        "access (7 changes, --verbose shows each):",
        "  ! role-b may now logs:PutResourcePolicy on everything",
        "  + role-a: 4 more permissions (dynamodb, kms)",
        "  + sns.amazonaws.com: 1 more permission (sqs)",
        "  - anyone: 1 fewer permission (sns)",
    ]
    assert len(text(GRANTS).splitlines()) == 3 + len(GRANTS)


def test_few_permissions_are_told_as_they_are() -> None:
    assert text(GRANTS[:6], folded=True) == text(GRANTS[:6])


def test_a_change_that_many_resources_share_is_one_line() -> None:
    team = (None, [{"a": 1}])
    changes = [changed("S", f"R{n}", Tags=team) for n in range(4)]
    changes += [changed("S", "Own", Tags=team, Size=(1, 2)), changed("S", "Other", Tags=(None, "x"))]
    assert text(changes, folded=True).splitlines() == [
        "6 changed in place",
        "",
        "resources:",
        '  ~ Tags: (none) -> [{"a": 1}] (5 resources)',
        "  root",
        "    S",
        "      ~ Own (T): no interruption",
        "          Size: 1 -> 2",
        "      ~ Other (T): no interruption",
        '          Tags: (none) -> "x"',
    ]
    assert text(changes).count("Tags:") == 6


def test_resources_that_are_only_named_are_counted() -> None:
    named = [ResourceChange(("S", f"R{n}"), "T", "modify", Effect.NOTHING, notes=("for its Tags",)) for n in range(5)]
    assert text(named, folded=True).splitlines()[2:] == ["resources:", "  = for its Tags (5 resources)"]


def test_what_replaces_is_never_counted_away() -> None:
    changes = [changed(f"R{n}", effect=Effect.REPLACES, Name=("a", "b")) for n in range(5)]
    assert text(changes, folded=True) == text(changes)
