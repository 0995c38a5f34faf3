"""The strictest service's rule, tag by tag: a refusal names the key and the rule."""

from __future__ import annotations

import pytest

from payflow_cfn.aws.tags import check_tags, tag_problem
from payflow_cfn.errors import SettingsError


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ({"Owner": "A, B"}, "tag 'Owner': the value may hold .* not ','"),
        ({"AWS:x": "1"}, "tag 'AWS:x': keys that begin with aws: are reserved"),
        ({"a": "x" * 257}, "tag 'a': the value has more than 256 characters"),
        ({"k": "line\nbreak"}, "tag 'k': the value may hold"),
        ({"Env": "1", "env": "2"}, "tag 'env': differs from 'Env' only in case"),
        ({"owner": "x"}, "tag 'owner': is spelt Owner"),
        ({f"t{each}": "" for each in range(51)}, "there are 51 tags, at most 46 fit"),
    ],
)
def test_a_refusal_names_the_key_and_the_rule(tags: dict[str, str], text: str) -> None:
    with pytest.raises(SettingsError, match=text):
        check_tags(tags)


def test_the_most_that_fits_is_taken() -> None:
    check_tags({f"t{each}": "" for each in range(46)})
    with pytest.raises(SettingsError):
        check_tags({f"t{each}": "" for each in range(47)})


def test_letters_of_any_script_are_letters() -> None:
    assert tag_problem("Team", "ä") == ""


def test_a_fixed_tag_is_not_emptied() -> None:
    with pytest.raises(SettingsError, match="Owner"):
        check_tags({"Owner": ""})
