"""What the stack says of itself is what somebody reads: the longhand command, or a person with a page of ours."""

import re

from ops.aws.outputs import Output
from ops.commands.outputs import OF_LAPTOP, variable

from .conftest import ROOT
from .synthesized_app import SynthesizedApp

PAGES = "".join((ROOT / "docs" / f"{name}.md").read_text() for name in ("deploy", "operate", "runbook", "security"))


def test_the_command_reads_what_the_stack_writes(either: SynthesizedApp) -> None:
    assert set(Output) <= names(either), "read and not written"


def test_what_the_command_does_not_read_a_page_names(either: SynthesizedApp) -> None:
    named = set(re.findall(r"[`']([A-Z]\w+)[`']", PAGES)) | {
        name for name in names(either) if f"${variable(name)}" in PAGES
    }
    assert names(either) - set(Output) - named == set(), "written and not read"


def test_every_variable_of_a_page_is_an_output(either: SynthesizedApp) -> None:
    ours = {variable(name) for name in (*names(either), *OF_LAPTOP)}
    assert set(re.findall(r"\$(LONGHAND_[A-Z_]+)", PAGES)) <= ours


def names(app: SynthesizedApp) -> set[str]:
    found = app.templates["Root"]["Outputs"]
    # The CDK adds some of its own, which are for nobody.
    return {name for name in found if "Export" not in name}
