"""Test outputs as lines that a real shell reads back unchanged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from payflow_cfn.cli.env_file import env_lines, needs_quotes, variable_name
from payflow_cfn.errors import FilesError


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ("StateMachineArn", "STATE_MACHINE_ARN"),
        ("DynamodbKeyId", "DYNAMODB_KEY_ID"),
        ("KMSKeyArn", "KMS_KEY_ARN"),
        ("Region", "REGION"),
        ("Table2Name", "TABLE2_NAME"),
        ("2nd", "_2ND"),
    ],
)
def test_a_name_is_in_upper_snake(output: str, wanted: str) -> None:
    assert variable_name(output) == wanted


def test_a_shell_reads_back_what_was_written(tmp_path: Path) -> None:
    values = {
        "InvokeArn": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/x/invocations",
        "Quote": 'it\'s $HOME `ls` "two" \\ #',
        "Spaces": " a  b ",
        "Tilde": "~/x:~/y",
        "Equals": "=ls",
        "Empty": "",
        "Words": "größe",
    }
    path = tmp_path / "out.env"
    path.write_text("".join(f"{line}\n" for line in env_lines(values)), encoding="utf-8")
    script = (
        f'set -a; . {path}; exec env -i I="$INVOKE_ARN" Q="$QUOTE" S="$SPACES" T="$TILDE" E="$EQUALS" W="$WORDS" env'
    )
    found = subprocess.run(["sh", "-c", script], check=True, capture_output=True, encoding="utf-8").stdout.splitlines()
    wanted = {"I": "InvokeArn", "Q": "Quote", "S": "Spaces", "T": "Tilde", "E": "Equals", "W": "Words"}
    assert sorted(found) == sorted(f"{short}={values[output]}" for short, output in wanted.items())


def test_what_needs_no_quotes_gets_none_because_docker_run_would_keep_them() -> None:
    assert list(env_lines({"TopicArn": "arn:aws:sns:eu-west-1:1:t", "A": "x y"})) == [
        "A='x y'",
        "TOPIC_ARN=arn:aws:sns:eu-west-1:1:t",
    ]
    assert [needs_quotes(value) for value in ("https://a/b?c", "=ls", "a,b=c%2@d+e", "")] == [True, True, False, False]


def test_a_log_groups_arn_is_read_alike_even_where_files_match_its_star(tmp_path: Path) -> None:
    (line,) = env_lines({"LogGroupArn": "arn:aws:logs:eu-west-1:1:log-group:g:*"})
    assert line == "LOG_GROUP_ARN=arn:aws:logs:eu-west-1:1:log-group:g:*"
    (tmp_path / line.replace("*", "x")).touch()
    (tmp_path / line.partition("=")[2].replace("*", "x")).touch()
    (tmp_path / "out.env").write_text(f"{line}\n")
    script = 'set -a; . ./out.env; exec env -i L="$LOG_GROUP_ARN" env'
    found = subprocess.run(["sh", "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert found == line.replace("LOG_GROUP_ARN", "L") + "\n"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"FooBar": "1", "FOOBar": "2"}, "the outputs FOOBar and FooBar are both FOO_BAR"),
        ({"A": "x\ny"}, "the output A has a character that no line can hold"),
        ({"A": "\x1b[2J"}, "the output A has a character that no line can hold"),
    ],
)
def test_a_value_that_no_line_can_hold_is_refused(values: dict[str, str], said: str) -> None:
    with pytest.raises(FilesError, match=said):
        list(env_lines(values))
