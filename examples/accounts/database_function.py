"""The workflows of the group `db` for a function in place of a worker: FUNCTION_MODULES names this module."""

import os
from pathlib import Path

from .database import Database

WORKFLOWS = Database(Path(os.environ["DATABASE"])).workflows
