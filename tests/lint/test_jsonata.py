"""What an expression reads and calls is known by its tree."""

from __future__ import annotations

import pytest

from payflow_cfn.lint.jsonata import functions, parse


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("$a", {("a",)}),
        ("$states.result.Payload[0].x", {("states", "result", "Payload", "x")}),
        ('$states."result".x', {("states", "result", "x")}),
        ("$a.*.b & $c.(d)", {("a",), ("c",)}),
        ("$a[b = $c].d^(>$e)", {("a", "d"), ("c",), ("e",)}),
        ("$a{b: $c}", {("a",), ("c",)}),
        ("($x := $a; $x + $y)", {("a",), ("y",)}),
        ("($x := 1; 2) + $x", {("x",)}),
        ("($f := function($n) { $n = 0 ? $a : $f($n - 1) }; $f(1))", {("a",)}),
        ("$map($a, function($v, $i) { $v.id + $i + $b })", {("a",), ("b",)}),
        ("$map($a, $string)", {("a",), ("string",)}),
        ("$a@$x.b#$i.($x & $i & $c)", {("a", "b"), ("c",)}),
        ("$a ~> |$|{'b': $c}|", {("a",), ("c",)}),
        ("$lookup(?, $a)", {("a",)}),
        ("'$x' & `$y` /* $z */", set()),
        ("$contains($a, /$b/)", {("a",)}),
    ],
)
def test_the_variables_that_it_does_not_bind_are_read_with_their_fields(text: str, paths: set[tuple[str, ...]]) -> None:
    assert set(parse(text).paths) == paths


def test_a_variable_of_which_it_asks_whether_it_exists_may_be_missing() -> None:
    assert parse("$exists($a.b) ? $a.b : $c").variables == {"c"}


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("$now()", [("now", 0, False)]),
        ("$substring($string($a), 1)", [("substring", 2, False), ("string", 1, False)]),
        ("$a.$uppercase()", [("uppercase", 0, True)]),
        ("$a ~> $contains('b')", [("contains", 2, False)]),
        ("($f := function() { 1 }; $f())", []),
    ],
)
def test_calls_are_counted_with_their_arguments(text: str, calls: list[tuple[str, int, bool]]) -> None:
    assert [(each.name, each.given, each.within) for each in parse(text).calls] == calls


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Payload.result", ("Payload",)),
        ("$$.a & $.b & *", ("$$", "$", "*")),
        ("$a[b = 1].(c + $)", ()),
        ("$a.{'b': b}", ()),
        ("$map($a, function($v) { b })", ("b",)),
    ],
)
def test_what_needs_a_context_is_known_where_there_is_none(text: str, bare: tuple[str, ...]) -> None:
    assert parse(text).bare == bare


@pytest.mark.parametrize("text", ["", "$a <", "($a", "'a", "$f(", "/*", "a b", "`a", "{'a' 1}", "[1..", "%.a"])
def test_what_does_not_parse_has_its_reason(text: str) -> None:
    assert parse(text).error


@pytest.mark.parametrize("text", ["$a ?? 1", "$a ?: 1"])
def test_an_operator_of_a_later_jsonata_is_an_error(text: str) -> None:
    assert parse(text).error == f"Step Functions has no operator {text.split()[1]}"


def test_after_an_error_the_next_expression_is_read_from_its_start() -> None:
    assert parse("($b").error
    assert parse("$b").paths == (("b",),)


def test_the_signature_of_a_function_is_not_an_operator() -> None:
    assert parse("function($a)<s?:s>{ $a }('b')").error == ""


def test_functions_of_both_are_known() -> None:
    from jsonata import Jsonata

    added = {"hash", "parse", "partition", "range", "uuid"}
    # $eval is refused, and what the library is alone with.
    of_the_library = set(Jsonata.static_frame.bindings) - {"eval"}
    assert set(functions()) == of_the_library | added
