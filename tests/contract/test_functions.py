"""Functions by name: the check of arguments, and the digest that tags keep for years."""

from typing import Any

import pytest

from contract.api_value import WrongFieldsError, read_fields
from contract.functions import FACTORIAL, MAX_FACTORIAL, Invocation, InvocationDone, WrongArgumentsError
from contract.names import DOCUMENTS, functions_group, invocation_id

REQUEST = {"id": "a-1", "function": "factorial", "args": [10]}
# Computed once. Another value means that a repeated request is refused as another one.
DIGEST = "be4064d5ad54166c8c2446bf97f1aae016d6cdf0253f011809068678a5f74bdb"


def test_the_digest_of_an_invocation_never_changes() -> None:
    assert read_fields(REQUEST, Invocation).digest() == DIGEST


@pytest.mark.parametrize("change", [{"args": [11]}, {"args": []}, {"function": "other"}, {"args": [10, None]}], ids=str)
def test_other_arguments_are_another_invocation(change: dict[str, Any]) -> None:
    assert read_fields(REQUEST | change, Invocation).digest() != DIGEST


def test_the_order_of_keys_in_an_argument_does_not_change_the_digest() -> None:
    first, second = ({**REQUEST, "args": [value]} for value in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    assert read_fields(first, Invocation).digest() == read_fields(second, Invocation).digest()


@pytest.mark.parametrize("args", [[0], [MAX_FACTORIAL]])
def test_arguments_that_fit_are_taken(args: list[Any]) -> None:
    FACTORIAL.check_arguments(args)


@pytest.mark.parametrize(
    "args", [[], [1, 2], ["7"], [None], [True], [1.5], [-1], [MAX_FACTORIAL + 1], [[7]], [10**400]], ids=str
)
def test_arguments_that_do_not_fit_are_refused_by_name(args: list[Any]) -> None:
    with pytest.raises(WrongArgumentsError, match="the arguments do not fit factorial: "):
        FACTORIAL.check_arguments(args)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"id": "a/b", "function": "f"}, ["id"]),
        ({"id": "a\n", "function": "f"}, ["id"]),
        ({"function": 1, "args": {}}, ["function", "args"]),
    ],
)
def test_wrong_fields_are_named(values: dict[str, Any], wrong: list[str]) -> None:
    with pytest.raises(WrongFieldsError) as caught:
        read_fields(values, Invocation)
    assert caught.value.names == wrong


def test_a_result_of_null_and_one_of_158_digits_are_shown() -> None:
    huge = 10**157
    assert InvocationDone(id="a", result=None).to_json() == b'{"status":"done","id":"a","result":null}'
    assert str(huge).encode() in InvocationDone(id="a", result=huge).to_json()


def test_two_systems_on_one_server_have_functions_of_their_own() -> None:
    assert functions_group(DOCUMENTS) == "functions"
    assert functions_group("letters") == "letters-functions"
    assert invocation_id("a-1") == "fn/a-1"
