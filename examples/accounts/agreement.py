"""What the three services agree on: their groups, their values, and the signatures of the database's workflows."""
# mypy: disable-error-code="empty-body"

from typing import Final

from pydantic import BaseModel, Field

from durable import remote

WORKERS: Final = "workers"
DATABASE: Final = "db"


class Review(BaseModel, frozen=True, extra="forbid"):
    """What a client wants: an account is assessed, and the outcome kept."""

    account_id: str = Field(min_length=1, max_length=100)


class Accounts(BaseModel, frozen=True, extra="forbid"):
    """Some accounts whose balances a client wants as one."""

    account_ids: list[str] = Field(min_length=1, max_length=100)


class Account(BaseModel, frozen=True):
    """An account as the database has it."""

    id: str
    owner: str
    cents: int


class Outcome(BaseModel, frozen=True):
    """What was found out about an account."""

    account_id: str
    is_risky: bool


class Saved(BaseModel, frozen=True):
    """The database's answer when it has written."""

    ok: bool


@remote(name="db.getAccount", group=DATABASE, version=1)
def get_account(account_id: str) -> Account:
    """Read an account; it fails with `no_account` if there is none."""


@remote(name="db.saveOutcome", group=DATABASE, version=1)
def save_outcome(job: str, outcome: Outcome) -> Saved:
    """Keep the outcome of a job, once."""


def name_question(job: str) -> str:
    """Return the name under which a job asks for its approval."""
    return f"approve/{job}"
