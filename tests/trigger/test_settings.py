"""The trigger's environment is read once, and what is wrong with it is said in one sentence."""

import pytest

from lambdas.trigger.settings import Settings, SettingsError

LEAST = {"RESONATE_URL": "http://server:8001", "STORE_URL": "s3://documents"}


def test_two_variables_are_enough() -> None:
    assert Settings.from_env(LEAST) == Settings(engine_url="http://server:8001", store_url="s3://documents")


def test_everything_can_be_set_and_the_token_is_not_shown() -> None:
    settings = Settings.from_env({**LEAST, "RESONATE_TOKEN": "secret"})
    assert settings.engine_token == "secret"  # noqa: S105 - that is the test
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("name", LEAST)
@pytest.mark.parametrize("value", [None, "", " "])
def test_what_is_missing_is_named_with_what_it_is(name: str, value: str | None) -> None:
    given = {**LEAST, name: value}
    with pytest.raises(SettingsError, match=f"^{name} is not set: it is [^.]* and begins with .*://"):
        Settings.from_env({name: value for name, value in given.items() if value is not None})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RESONATE_URL", "server:8001"),
        ("RESONATE_URL", "ftp://server"),
        ("STORE_URL", "/data"),
        ("STORE_URL", "gs://b"),
    ],
)
def test_what_makes_no_sense_is_named_and_not_repeated(name: str, value: str) -> None:
    """It may hold a password."""
    with pytest.raises(SettingsError, match=f"^{name} makes no sense: it is ") as caught:
        Settings.from_env({**LEAST, name: value})
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("", ("invoice", "contract", "report")),
        (" , ", ("invoice", "contract", "report")),
        ("letter, receipt_2,invoice", ("invoice", "contract", "report", "letter", "receipt_2")),
    ],
)
def test_types_that_somebody_added_are_known_beside_ours(given: str, known: tuple[str, ...]) -> None:
    assert Settings.from_env({**LEAST, "KNOWN_TYPES": given}).types == known


@pytest.mark.parametrize("given", ["Letter", "9a", "a b", "a;b", "x" * 41, "../a", "letter\n!"])
def test_a_name_that_no_type_can_have_is_said_and_not_repeated(given: str) -> None:
    with pytest.raises(SettingsError, match=r"^KNOWN_TYPES makes no sense: it has names of types ") as caught:
        Settings.from_env({**LEAST, "KNOWN_TYPES": f"letter,{given}"})
    assert given not in str(caught.value)
