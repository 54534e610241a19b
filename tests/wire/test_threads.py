"""One client serves many threads."""

from threading import Barrier, Thread

import pytest

from durable.wire.limits import Limits
from tests.wire.behaviors import echo
from tests.wire.conftest import MakeClient, StartRogue

THREADS = 16


@pytest.mark.parametrize("kept", [1, THREADS])
def test_threads_share_a_client_and_each_gets_its_own_answers(
    kept: int, start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """With idle connections for all threads, or for one: surplus connections are closed, or pytest would warn."""
    server = start_rogue(echo)
    shared = make_client(server.url, limits=Limits(max_idle=kept))
    together, wrong = Barrier(THREADS), []

    def ask(number: int) -> None:
        together.wait()
        for turn in range(20):
            promise_id = f"{number}/{turn}"
            if shared.get(promise_id).id != promise_id:
                wrong.append(promise_id)

    threads = [Thread(target=ask, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(server.calls) == THREADS * 20
    assert len({call.asked.head.corr_id for call in server.calls}) == THREADS * 20
