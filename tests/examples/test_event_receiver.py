"""The receiver of the README's tour refuses what the API has not signed. The test of the tour sends it real events."""

import pytest
import urllib3

from examples.event_receiver import make_server
from tests.loopback import serve_in_thread

KEY = "whpk_FODjoikbGonIc2GQHatrVpWG9DwAuGeqf892JmzzBIw="
FORGED_HEADERS = {"webhook-id": "a.done", "webhook-timestamp": "1", "webhook-signature": "v1a,AAAA"}


@pytest.mark.parametrize("headers", [{}, FORGED_HEADERS])
def test_an_event_of_another_sender_is_refused_and_not_shown(headers: dict[str, str]) -> None:
    shown = list[str]()
    with serve_in_thread(server := make_server(0, KEY, shown.append)):
        answer = urllib3.request("POST", f"http://127.0.0.1:{server.server_port}", body=b"{}", headers=headers)
    assert (answer.status, shown) == (401, [])
