"""python -m tests.console.screenshots: makes the pictures of the console in README and docs, of the running system."""

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import FilePayload, Page

from local.samples import DOCUMENTS, make_dossier, make_invoice
from local.server_process import ROOT
from local.system import System

from .browser import TIMEOUT_MS, open_browser, open_tab

FOLDER: Final = ROOT / "docs" / "images"
_TYPES: Final = {"contract.pdf": "contract", "report.pdf": "report"}


def main() -> None:
    """Send a few documents, review an invoice, and take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as state,
        System(Path(state), os.environ) as system,
        open_browser() as browser,
        open_tab(browser, system.url) as tab,
    ):
        page = tab.page
        for name, kind in _TYPES.items():
            drop(page, name, DOCUMENTS[name], kind)
            page.locator("main .pill.done").wait_for()
        drop(page, "damaged.pdf", b"%PDF-1.7 and no more", "receipt")
        page.locator("main .pill.failed").wait_for()
        drop(page, "dossier.pdf", make_dossier(), "report")
        page.get_by_text("batches").wait_for(timeout=TIMEOUT_MS)
        page.get_by_role("button", name="Hide").click()
        take(page, "console-job")
        page.get_by_role("link", name="Longhand").click()
        page.get_by_label("Let me review it").check()
        drop(page, "invoice.pdf", make_invoice(), "invoice")
        page.locator("main .pill.needsReview").wait_for()
        page.get_by_role("button", name="Hide").click()
        page.get_by_alt_text("Page 1 of the document").wait_for()
        page.get_by_label("number", exact=True).focus()
        take(page, "console")
        page.emulate_media(color_scheme="dark")
        take(page, "console-dark")


def drop(page: Page, name: str, content: bytes, kind: str) -> None:
    """Drop a document, whose job opens by itself."""
    page.get_by_role("link", name="Longhand").click()
    page.select_option("#type", kind)
    page.set_input_files("#files", FilePayload(name=name, mimeType="application/pdf", buffer=content))
    page.wait_for_url(re.compile("#/jobs/"))


def take(page: Page, name: str) -> None:
    """Write a picture of what the window shows."""
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
