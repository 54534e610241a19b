"""The link in a notice: its page says what is decided, and only its form decides."""

import re
from base64 import b64encode
from hashlib import sha256
from urllib.parse import urlencode

import pytest

from contract.decision_link import DecisionKey
from contract.names import ASK_FOR_MORE, ASK_REVIEWER
from durable.wire.client import Client

from .conftest import DECISION_KEY, Api, Reply, settle
from .questions import DECISION, FINDING, QUESTION, Ask, ask_expired

KEY = DecisionKey.parse(DECISION_KEY)
TOKEN = KEY.make_token(DECISION)
OTHER_KEY = DecisionKey.parse(b64encode(b"k" * 32).decode())


def open_link(api: Api, token: str = TOKEN, decision: str = DECISION) -> Reply:
    return api.send("GET", f"/decisions/{decision}/link", query=urlencode({"token": token}))


def press(api: Api, button: str, token: str = TOKEN, **fields: str) -> Reply:
    body = urlencode({"reviewer": "", "comment": "", **fields, "decision": button})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return api.send("POST", f"/decisions/{DECISION}/link", body, query=urlencode({"token": token}), headers=headers)


def test_opening_a_link_decides_nothing_however_often(reviewed: Api, client: Client) -> None:
    for _ in range(3):
        reply = open_link(reviewed)
        assert reply.status == 200
        assert "Findings to review: job-1" in reply.text
        assert "decide, please" in reply.text
        assert f"<td>{FINDING['field']}</td><td>12.0</td><td>0.50</td><td>1</td><td>12.00</td>" in reply.text
        assert reply.text.count("<button") == 2
    assert client.get(QUESTION).state == "pending"


def test_the_page_runs_nothing_loads_nothing_and_tells_no_other_site(reviewed: Api) -> None:
    reply = open_link(reviewed)
    style = re.findall("<style>(.*?)</style>", reply.text)[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert reply.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert (reply.headers["Referrer-Policy"], reply.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert "ETag" not in reply.headers
    assert TOKEN not in reply.text
    assert not re.search(r"<script|<img|<link|src=|href=", reply.text)


@pytest.mark.parametrize(("button", "state"), [("approve", "resolved"), ("reject", "rejected")])
def test_a_button_decides_once(reviewed: Api, client: Client, button: str, state: str) -> None:
    """The same button again says the same, the other one and the link say that it is over."""
    for _ in range(2):
        reply = press(reviewed, button, reviewer="ada")
        assert reply.status == 200
        assert f"job-1:7 is {'approved' if button == 'approve' else 'rejected'}" in reply.text
    assert client.get(QUESTION).state == state
    other = press(reviewed, "reject" if button == "approve" else "approve")
    assert other.status == 409
    assert "by ada at 20" in other.text
    again = open_link(reviewed)
    assert again.status == 410
    assert "There is nothing to decide any more: job-1:7 was" in again.text


def test_a_cost_needs_its_new_limit(asking: Ask, client: Client) -> None:
    api = asking(ASK_FOR_MORE)
    assert "maxCostUsd" in open_link(api).text
    for limit in ("", "much", "-1", "nan", "inf"):
        assert press(api, "approve", maxCostUsd=limit).status == 400
    assert client.get(QUESTION).state == "pending"
    assert press(api, "approve", maxCostUsd="2.5").status == 200
    assert client.get(QUESTION).value.decode() == {"maxCostUsd": 2.5}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        TOKEN[:-1],
        TOKEN + "A",
        TOKEN.swapcase(),
        KEY.make_token("job-1:8"),
        OTHER_KEY.make_token(DECISION),
        "é",
    ],
)
def test_an_altered_link_is_refused(reviewed: Api, client: Client, token: str) -> None:
    for reply in (open_link(reviewed, token), press(reviewed, "approve", token)):
        assert reply.status == 403
        assert "This link is not valid" in reply.text
        assert "job-1" not in reply.text
    assert client.get(QUESTION).state == "pending"


def test_the_signature_of_a_webhook_is_no_token(reviewed: Api) -> None:
    for message in (DECISION.encode(), b""):
        signature = KEY.sign_webhook("longhand decision link", "", message)[3:].rstrip("=")
        assert open_link(reviewed, signature.replace("+", "-").replace("/", "_")).status == 403


def test_a_signed_link_to_nothing_is_404(reviewed: Api) -> None:
    assert open_link(reviewed, KEY.make_token("job-9:7"), "job-9:7").status == 404


def test_a_link_ends_with_its_question(api: Api, client: Client) -> None:
    ask_expired(api, client)
    for reply in (open_link(api), press(api, "approve")):
        assert reply.status == 410
        assert "had no answer until 1970" in reply.text


def test_a_link_to_a_canceled_job_is_over(reviewed: Api, client: Client) -> None:
    settle(client, "rejected_canceled")
    assert open_link(reviewed).status == 410
    assert press(reviewed, "approve").status == 409
    assert client.get(QUESTION).state == "pending"


@pytest.mark.parametrize(
    "body",
    ["", "decision", "decision=perhaps", "reviewer=ada", "decision=approve&" * 20, "decision=approve&reviewer=%00"],
)
def test_a_wrong_form_is_400_and_decides_nothing(reviewed: Api, client: Client, body: str) -> None:
    reply = reviewed.send("POST", f"/decisions/{DECISION}/link", body, query=urlencode({"token": TOKEN}))
    assert reply.status == 400
    assert client.get(QUESTION).state == "pending"


def test_what_a_document_says_is_no_markup(api: Api, client: Client, asking: Ask) -> None:
    hostile = {**FINDING, "value": "<script>alert(1)</script>", "field": '"><b>'}
    page = open_link(asking(ASK_REVIEWER, hostile)).text
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert client.get(QUESTION).state == "pending"
    assert api.status().status == 200
