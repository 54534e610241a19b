"""python -m tests.console.figures: what the console costs a browser and the API, on this machine.

Times depend on the machine, so they are compared with a bare request of the same browser in the same run.
"""

import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import Browser, Page, Response

from bench.report import format_table
from contract.job import DocumentJob
from local.samples import make_dossier
from local.server_process import ROOT
from local.system import System
from longhand_client import Client

from .browser import open_browser, open_tab
from .fake_api import FakeApi, job, serve_fake_site, summary
from .served import Served

_REPEATS: Final = 7
_POLLS: Final = 40
_ROWS: Final = 500
_DOSSIER: Final = (30, 8)  # pages, and how many of them are scans
_WAIT: Final = """selector => new Promise(resolve => {
  const look = () => document.querySelector(selector) ? resolve(performance.now()) : requestAnimationFrame(look);
  look();
})"""
_ASK: Final = """async path => {
  const begin = performance.now();
  await (await fetch(path, { cache: "no-store" })).text();
  return performance.now() - begin;
}"""
_SEND: Final = """async body => {
  await fetch("/jobs", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return performance.now();
}"""


def main() -> None:
    """Measure, and print a table."""
    with (
        tempfile.TemporaryDirectory() as state,
        System(Path(state), os.environ) as system,
        Served.start(system.url) as served,
        open_browser() as browser,
    ):
        send(system, "figure")
        rows = [
            ("own JavaScript, lines of code", f"{count_lines():,}"),
            *measure_first_load(browser, system),
            *measure_shown(browser, system),
            ("a new job is visible after, s", f"{measure_new_job(browser, system):.2f}"),
            ("scripting for a list of 500 rows, ms", f"{measure_rows(browser):.0f}"),
            (f"share of 304 in {_POLLS} polls of a long job", f"{measure_polls(browser, system, served):.0%}"),
        ]
    sys.stdout.write(f"{format_table(('console', 'figure'), rows)}\n")


def count_lines() -> int:
    """Count the lines of our JavaScript that are neither empty nor a comment; the types are comments."""
    files = [*(ROOT / "console").glob("*.js"), *(ROOT / "console" / "views").glob("*.js")]
    code = [re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL) for file in files]
    lines = [line.strip() for text in code for line in text.splitlines()]
    return sum(bool(line) and not line.startswith("//") for line in lines)


def send(system: System, job_id: str, **fields: object) -> None:
    """Send a job that fails at once, or another one."""
    usual = {"jobId": job_id, "documentUrl": "https://[::1]/refused.pdf", "requesterId": "figures"}
    given = {name: value for name, value in {**usual, **fields}.items() if value}
    Client(system.url).submit(DocumentJob.read(given))


def measure_first_load(browser: Browser, system: System) -> list[tuple[str, str]]:
    """Count the requests and the bytes until the list is shown."""
    with open_tab(browser, "about:blank") as tab:
        sizes = dict[str, int]()
        tab.page.on(
            "requestfinished", lambda request: sizes.__setitem__(request.url, request.sizes()["responseBodySize"])
        )
        tab.page.goto(system.url)
        tab.page.locator(".jobs li").first.wait_for()
    return [("first load, kB", f"{sum(sizes.values()) / 1_000:.1f}"), ("first load, requests", str(len(sizes)))]


def measure_shown(browser: Browser, system: System) -> list[tuple[str, str]]:
    """Compare a reload of the list and of a job with a bare request of the same."""
    rows = list[tuple[str, str]]()
    for name, path, selector in (
        ("list", "/jobs?limit=50", ".jobs li"),
        ("job", "/jobs/figure", "main .pill"),
    ):
        with open_tab(browser, f"{system.url}/#{'/jobs/figure' if name == 'job' else '/'}") as tab:
            shown = [time_reload(tab.page, selector) for _ in range(_REPEATS)]
            bare = [float(tab.page.evaluate(_ASK, path)) for _ in range(_REPEATS)]
        rows += [
            (f"{name} shown after a reload, ms (median of {_REPEATS})", f"{median(shown):.0f}"),
            (f"a bare GET of the {name}, ms", f"{median(bare):.0f}"),
            (f"{name} shown, in bare GETs", f"{median(shown) / median(bare):.1f}"),
        ]
    return rows


def time_reload(page: Page, selector: str) -> float:
    """Return the milliseconds from the beginning of a reload until an element is there."""
    page.reload(wait_until="commit")
    return float(page.evaluate(_WAIT, selector))


def measure_new_job(browser: Browser, system: System) -> float:
    """Return the seconds from the answer to a new job until its row is there."""
    seconds = list[float]()
    with open_tab(browser, system.url) as tab:
        tab.page.locator(".jobs li").first.wait_for()
        for number in range(_REPEATS):
            body = {"jobId": f"new-{number}", "documentUrl": "https://[::1]/refused.pdf", "requesterId": "figures"}
            sent = float(tab.page.evaluate(_SEND, body))
            seen = float(tab.page.evaluate(_WAIT, f'.jobs a[href*="new-{number}"]'))
            seconds.append((seen - sent) / 1_000)
    return median(seconds)


def measure_rows(browser: Browser) -> float:
    """Return the milliseconds of JavaScript for a list of so many rows, first load included."""
    rows = {"jobs": [summary(f"job-{n}") for n in range(_ROWS)]}
    with serve_fake_site() as site, open_tab(browser, "about:blank") as tab:
        FakeApi({"GET /jobs": rows, "GET /jobs/a": job("a")}).install(site)
        session = tab.page.context.new_cdp_session(tab.page)
        session.send("Performance.enable")
        tab.page.goto(site.url)
        tab.page.locator(f".jobs li:nth-child({_ROWS})").wait_for()
        metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) * 1_000 for one in metrics if one["name"] == "ScriptDuration")


def measure_polls(browser: Browser, system: System, served: Served) -> float:
    """Return the share of unchanged answers while a long document is read, where nothing is streamed."""
    statuses = Counter[int]()

    def note(response: Response) -> None:
        if re.search(r"/jobs(/long)?(\?|$)", response.url):
            statuses[response.status] += 1

    upload = Client(system.url).upload("long.pdf", make_dossier(*_DOSSIER))
    send(system, "long", documentUrl="", uploadId=upload)
    with open_tab(browser, f"{served.url}#/jobs/long") as tab:
        tab.page.on("response", note)
        while statuses.total() < _POLLS:
            tab.page.wait_for_event("response")
    return statuses[304] / statuses.total()


if __name__ == "__main__":
    main()
