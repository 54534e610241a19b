"""Environment variables become typed values, or one sentence that names the variable and never repeats a secret."""

from collections.abc import Callable

import pytest

from contract.environment import Environment, SettingsError, settings_errors

WORD = "opensesame"


def environment(value: str) -> Environment:
    return Environment({"NAME": value})


def test_an_unset_variable_is_required_unless_it_is_read_as_optional() -> None:
    env = environment("")
    assert (env.optional(env.number, "NAME", 9), env.list("NAME", "a", "letters")) == (None, ())
    with pytest.raises(SettingsError, match=r"^NAME is not set: it must be a whole number from 1 to 9$"):
        env.number("NAME", 9)


def test_a_wrong_value_is_repeated_in_part() -> None:
    with pytest.raises(SettingsError, match=r"^NAME must be one of a, b, not '1{60}\.\.\.'$"):
        environment("1" * 100).one_of("NAME", ["a", "b"])


@pytest.mark.parametrize("read", [Environment.url, Environment.store_url, Environment.token])
def test_a_value_that_may_hold_a_secret_is_not_repeated(read: Callable[[Environment, str], str]) -> None:
    with pytest.raises(SettingsError, match=r"^NAME must be .*, but has another value$") as caught:
        read(environment(f"ftp://user:{WORD}@host x"), "NAME")
    assert WORD not in str(caught.value)


@pytest.mark.parametrize(("port", "is_valid"), [("0", False), ("1", True), ("65535", True), ("65536", False)])
def test_a_port_is_one_that_exists(port: str, is_valid: bool) -> None:  # noqa: FBT001 pytest passes it
    env = environment(f"http://host:{port}")
    if is_valid:
        assert env.url("NAME").endswith(port)
    else:
        with pytest.raises(SettingsError):
            env.url("NAME")


def test_every_item_of_a_list_is_checked() -> None:
    assert environment(" a, b ,,").list("NAME", "[a-z]", "letters") == ("a", "b")
    with pytest.raises(SettingsError, match=r"^NAME must be letters, separated by commas, not '1'$"):
        environment("a,1").list("NAME", "[a-z]", "letters")


def test_an_error_of_a_library_becomes_one_line_that_names_the_variables() -> None:
    with pytest.raises(SettingsError, match=r"^A or B: cannot open$"), settings_errors("A or B", OSError):
        raise OSError("cannot open\nand much more")
