"""Following jobs asks for each state until the last job has ended, and no longer."""

from collections.abc import Iterator

from contract.answers import Done, Processing, StatusAnswer
from local.follow import follow_jobs
from longhand_client import Client


class ScriptedClient(Client):
    """Gives the answers of each job in their order."""

    def __init__(self, answers: dict[str, Iterator[StatusAnswer]]) -> None:
        super().__init__("http://127.0.0.1:1")
        self.answers = answers

    def status(self, job_id: str) -> StatusAnswer:
        """Return the next answer."""
        return next(self.answers[job_id])


def test_each_change_is_told_once_and_nothing_is_waited_for_after_the_last_job() -> None:
    running = {name: Processing(job_id=name) for name in ("a", "b")}
    done = {name: Done(job_id=name, result={}) for name in ("a", "b")}
    api = ScriptedClient(
        {"a": iter([running["a"], done["a"]]), "b": iter([running["b"], running["b"], running["b"], done["b"]])}
    )
    pauses: list[float] = []
    told = list(follow_jobs(api, ["a", "b"], lambda: None, sleep=pauses.append))
    assert told == [("a", running["a"]), ("b", running["b"]), ("a", done["a"]), ("b", done["b"])]
    assert len(pauses) == 3, "one between two rounds"
