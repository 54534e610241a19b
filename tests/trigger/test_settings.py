"""The trigger's environment is read once, and an error in it is one sentence."""

import pytest

from contract.environment import SettingsError
from lambdas.trigger.settings import Settings

REQUIRED_VARIABLES = {"RESONATE_URL": "http://server:8001", "STORE_URL": "s3://documents"}


def test_two_variables_are_enough() -> None:
    assert Settings.from_env(REQUIRED_VARIABLES) == Settings(
        server_url="http://server:8001", store_url="s3://documents"
    )


def test_everything_can_be_set_and_the_token_is_not_shown() -> None:
    settings = Settings.from_env({**REQUIRED_VARIABLES, "RESONATE_TOKEN": "secret"})
    assert settings.server_token == "secret"  # noqa: S105 - that is the test
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("name", REQUIRED_VARIABLES)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named_with_its_meaning(name: str, value: str | None) -> None:
    given = {**REQUIRED_VARIABLES, name: value}
    with pytest.raises(SettingsError, match=f"^{name} is not set: it must be an? .*://"):
        Settings.from_env({name: value for name, value in given.items() if value is not None})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RESONATE_URL", "password:8001"),
        ("RESONATE_URL", "ftp://password"),
        ("RESONATE_URL", "http://user:password@server"),
        ("STORE_URL", "/password"),
        ("STORE_URL", "gs://password"),
        ("STORE_URL", " password"),
        ("RESONATE_TOKEN", "pass password"),
    ],
)
def test_a_wrong_variable_is_named_and_its_value_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be .*, but has another value$") as caught:
        Settings.from_env({**REQUIRED_VARIABLES, name: value})
    assert "password" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("", ("invoice", "contract", "report", "receipt")),
        (" , ", ("invoice", "contract", "report", "receipt")),
        ("letter, receipt_2,invoice", ("invoice", "contract", "report", "receipt", "letter", "receipt_2")),
    ],
)
def test_added_types_are_known_beside_the_built_in_ones(given: str, known: tuple[str, ...]) -> None:
    assert Settings.from_env({**REQUIRED_VARIABLES, "KNOWN_TYPES": given}).types == known


@pytest.mark.parametrize("given", ["Letter", "9a", "a b", "a;b", "x" * 41, "../a", "letter\n!"])
def test_a_wrong_type_name_is_refused_in_one_sentence(given: str) -> None:
    with pytest.raises(SettingsError, match=r"^KNOWN_TYPES must be types of 1 to 40 characters") as caught:
        Settings.from_env({**REQUIRED_VARIABLES, "KNOWN_TYPES": f"letter,{given}"})
    assert str(caught.value).endswith(f", not {given!r}")


@pytest.mark.parametrize(("value", "has_functions"), [("on", True), ("off", False)])
def test_functions_can_be_off(value: str, *, has_functions: bool) -> None:
    assert Settings.from_env({**REQUIRED_VARIABLES, "FUNCTIONS": value}).has_functions is has_functions
