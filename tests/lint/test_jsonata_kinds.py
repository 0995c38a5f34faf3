"""The kind of an expression's value is known where it does not depend on the data."""

from __future__ import annotations

import pytest

from payflow_cfn.lint.jsonata import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("$a = 1 and $b in [1]", "boolean"),
        ("true", "boolean"),
        ("null", "null"),
        ("$a & $b", "string"),
        ("'a'", "string"),
        ("$count($a) + 1", "number"),
        ("-$a", "number"),
        ("[1..3]", "array"),
        ("{'a': 1}", "object"),
        ("/a/", "function"),
        ("$a ? 'b' : $string($c)", "string"),
        ("($a := 1; $a > 0)", "boolean"),
        ("$a := 'b'", "string"),
        ("$a", ""),
        ("$a ? 1 : 'b'", ""),
        ("$a ? 1", ""),
        ("[true, 1][0]", ""),
        ("($string := function() { 1 }; $string())", ""),
        ("$eval('1')", ""),
    ],
)
def test_the_kind_of_a_value(text: str, kind: str) -> None:
    assert parse(text).kind == kind


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("$a + '1'", ["+ takes numbers, not a string"]),
        ("$a * ($b = 1)", ["* takes numbers, not a boolean"]),
        ("$a < '1'", []),
        ("1 < '1'", ["< takes two numbers or two strings, not a number and a string"]),
        ("true >= false", [">= takes two numbers or two strings, not a boolean and a boolean"]),
        ("$toMillis($a) > $millis() - 1000", []),
        ("'$a' = 'b'", ["= compares two constants"]),
        ("$a = 'b'", []),
        ("$b[1 + 'a' > 0]", ["+ takes numbers, not a string"]),
    ],
)
def test_operands_of_a_wrong_kind_are_found(text: str, problems: list[str]) -> None:
    assert list(parse(text).clashes) == problems


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("$a.b = 'c'", {(("a", "b"), "c")}),
        ("'c' != $a", {(("a",), "c")}),
        ("$a in ['b', 'c']", {(("a",), "b"), (("a",), "c")}),
        ("$a in ['b', $c]", set()),
        ("'b' in $a", set()),
        ("$a[0] = 'b' or $a.*.b = 'c'", set()),
        ("($a := 1; $a = 'b')", set()),
        ("$a < 'b'", set()),
    ],
)
def test_texts_are_kept_with_the_paths_that_they_are_compared_with(
    text: str, compared: set[tuple[tuple[str, ...], str]]
) -> None:
    assert set(parse(text).compared) == compared
