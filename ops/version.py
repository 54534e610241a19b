"""The version of the project, which is in pyproject.toml."""

import tomllib

from .laptop import ROOT


def read_version() -> str:
    """Return the version of this clone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])
