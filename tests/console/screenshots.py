"""python -m tests.console.screenshots: makes the picture of the console in README and docs, of the running system."""

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import FilePayload

from local.samples import DOCUMENTS, make_invoice
from local.server_process import ROOT
from local.system import System

from .browser import open_browser, open_tab

FOLDER: Final = ROOT / "docs" / "images"
TYPES: Final = {"contract.pdf": "contract", "report.pdf": "report"}


def main() -> None:
    """Send a few documents, review an invoice, and take the picture."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as state,
        System(Path(state), os.environ) as system,
        open_browser() as browser,
        open_tab(browser, system.url) as tab,
    ):
        page = tab.page
        for name, kind in TYPES.items():
            page.get_by_role("link", name="Longhand").click()
            page.select_option("#type", kind)
            page.set_input_files("#files", FilePayload(name=name, mimeType="application/pdf", buffer=DOCUMENTS[name]()))
            page.wait_for_url(re.compile("#/jobs/"))
            page.locator("main .pill.done").wait_for()
        page.get_by_role("link", name="Longhand").click()
        page.select_option("#type", "invoice")
        page.get_by_label("Let me review it").check()
        invoice = FilePayload(name="invoice.pdf", mimeType="application/pdf", buffer=make_invoice())
        page.set_input_files("#files", invoice)
        page.locator("main .pill.needsReview").wait_for()
        page.get_by_role("button", name="Hide").click()
        page.get_by_alt_text("Page 1 of the document").wait_for()
        page.get_by_label("number").focus()
        page.screenshot(path=FOLDER / "console.png")


if __name__ == "__main__":
    main()
