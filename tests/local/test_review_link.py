"""A review on a laptop, from the request to the result: the notice's link is opened, and its form decides."""

import json
from typing import Any

from urllib3 import PoolManager

from local import site
from local.system import System
from tests.waiting import wait_until

FOREIGN_PAGE = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}  # a link in a web mail


def test_a_link_in_a_notice_decides(system: System, documents: site.Site) -> None:
    with PoolManager() as pool:
        job = {"jobId": "link", "type": "invoice", "requesterId": "me", "approval": {"required": "always"}}
        pool.request("POST", f"{system.url}/jobs", json=job | {"documentUrl": documents.url("invoice.pdf")})

        def find_notice() -> dict[str, Any] | None:
            return next((json.loads(file.read_text()) for file in system.outbox.glob("link.waiting.*.json")), None)

        link = wait_until(find_notice, "no notice of the wait")["link"]
        assert link.startswith(f"{system.url}/decisions/link:")
        assert b"Findings to review: link" in pool.request("GET", link, headers=FOREIGN_PAGE).data
        form = {"decision": "approve", "reviewer": "ada"}
        pressed = pool.request("POST", link, fields=form, encode_multipart=False, headers=FOREIGN_PAGE)
        assert pressed.status == 200, pressed.data

        def find_result() -> dict[str, Any] | None:
            status: dict[str, Any] = pool.request("GET", f"{system.url}/status/link").json()
            return status if status["status"] == "done" else None

        review = wait_until(find_result, "the job is not done")["result"]["review"]
        assert (review["decision"], review["reviewer"], review["corrections"]) == ("approved", "ada", {})
        refused = pool.request("GET", f"{system.url}/status/link", headers=FOREIGN_PAGE)
        assert refused.status == 403
