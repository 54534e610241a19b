"""Every output of the stack is read by the longhand command or named on a page, and no other is."""

import re

from ops.aws.stack_outputs import Output
from ops.commands.outputs import LAPTOP_OUTPUTS, to_variable

from .conftest import ROOT
from .synthesized_app import SynthesizedApp

PAGES = "".join((ROOT / "docs" / f"{name}.md").read_text() for name in ("deploy", "operate", "runbook", "security"))


def test_every_output_that_the_command_reads_exists(app: SynthesizedApp) -> None:
    assert set(Output) <= names(app), "read and not written"


def test_a_page_names_each_other_output(app: SynthesizedApp) -> None:
    named = set(re.findall(r"[`']([A-Z]\w+)[`']", PAGES)) | {
        name for name in names(app) if f"${to_variable(name)}" in PAGES
    }
    assert names(app) - set(Output) - named == set(), "written and not read"


def test_every_variable_of_a_page_is_an_output(app: SynthesizedApp) -> None:
    ours = {to_variable(name) for name in (*names(app), *LAPTOP_OUTPUTS)}
    assert set(re.findall(r"\$(LONGHAND_[A-Z_]+)", PAGES)) <= ours


def names(app: SynthesizedApp) -> set[str]:
    found = app.templates["Root"]["Outputs"]
    # The CDK adds exports for its own use.
    return {name for name in found if "Export" not in name}
