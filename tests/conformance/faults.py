"""Faults to plant in a copy of the embedded server: each breaks one rule of the protocol in one place.

The random scripts must find every one, or they would miss real faults, too. Each text must occur exactly once in the
server's source; a test checks it.
"""

import shutil
from pathlib import Path
from typing import NamedTuple

from local.server_process import ROOT, EmbeddedProgram

PACKAGES = ("durable", "local")  # what the server is made of
SERVER = Path("durable/embedded")


class Fault(NamedTuple):
    """A text in a file of the server, and its replacement."""

    name: str
    file: str
    before: str
    after: str

    @property
    def path(self) -> Path:
        """Where the file is."""
        return ROOT / SERVER / self.file

    def occurrences(self) -> int:
        """Count the text in the server's file."""
        return self.path.read_text().count(self.before)

    def break_source(self, source: str) -> str:
        """Return the source of the file with the fault."""
        return source.replace(self.before, self.after)

    def plant(self, root: Path) -> EmbeddedProgram:
        """Copy the server to a new folder, plant the fault, and return the program."""
        for package in PACKAGES:
            shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
        (root / SERVER / self.file).write_text(self.break_source(self.path.read_text()))
        return EmbeddedProgram(root=root, name="broken")


CHANGES, DUE, OUTBOX, SEARCH = "rules/changes.py", "rules/due.py", "memory/outbox.py", "search.py"
PROMISES, TASKS = "rules/promises.py", "rules/tasks.py"
BRANCHES, DEADLINES = "memory/branches.py", "memory/deadlines.py"

TAKE = "id = ? AND version = ? AND state = 'pending'"
WAKE = "offer(tx, task_id, \"state = 'suspended'\")"
DROP_READY = 'tx.sql("DELETE FROM callbacks WHERE awaiter = ? AND ready = 1", (request.id,))\n'
AT_DEADLINE = '"resolved" if is_timer else "rejected_timedout"'
LISTENERS_END = '    if addresses:\n        tx.sql("DELETE'
UNASKED_RUN = "_run_fenced(tx, HeldTask(request.id, 0, request.id), action) if isinstance(held, Answer) else"
PRELOAD = "sorted(promises) if name != task_id"
ANNOUNCE_LOOP = (
    "    for promise_id, *_, is_awaited in due:\n        if is_awaited:\n            announce(tx, promise_id)\n"
)
OWN_TAGS = 'schedule.promise_tags | {"resonate:schedule": schedule.id} | own'

VERSIONS = [
    Fault("acquiring leaves the version", CHANGES, "version = version + 1, timer", "version = version, timer"),
    Fault(
        "offering bumps it",
        CHANGES,
        "'pending', timer = {RESEND}",
        "'pending', version = version + 1, timer = {RESEND}",
    ),
    Fault("acquiring takes any version", CHANGES, TAKE, "id = ? AND ? >= 0 AND state = 'pending'"),
    Fault("any version may act", TASKS, "held if held.version == version else", "held if True else"),
    Fault("any state may act", TASKS, 'if state != "acquired":', "if False:"),
    Fault("a fence asks for no version", TASKS, "held if isinstance(held, Answer) else", UNASKED_RUN),
    Fault("a task that was let go is held", TASKS, "    tx.memory.held_tasks.drop(task_id)\n", ""),
    Fault("a task whose lease has ended is held", CHANGES, "    tx.memory.held_tasks.drop(task_id)\n", ""),
    Fault("a task whose promise is settled is held", CHANGES, "    tx.memory.held_tasks.drop(promise_id)\n", ""),
    Fault("a heartbeat of any version", TASKS, "version = ? AND state = 'acquired'", "? >= 0 AND state = 'acquired'"),
    Fault("a heartbeat of any process", TASKS, "id = ? AND pid = ? AND", "id = ? AND ? != '' AND"),
]
EXPIRY = [
    Fault("a deadline is not yet due", CHANGES, "timeout_at <= ?", "timeout_at < ?"),
    Fault("a new deadline is not noticed", DEADLINES, "min(self._none_before, deadline)", "self._none_before"),
    Fault("a timer is rejected", CHANGES, f"{AT_DEADLINE}\n        tx", '"rejected_timedout"\n        tx'),
    Fault("settled when it was noticed", CHANGES, "(state, timeout_at, promise_id)", "(state, tx.now, promise_id)"),
    Fault(
        "a late timer is rejected", CHANGES, 'is_open else "resolved" if is_timer', 'is_open else "resolved" if False'
    ),
    Fault("a late task waits", CHANGES, "VALUES (?, 'fulfilled', 0, ?)", "VALUES (?, 'pending', 0, ?)"),
    Fault("what ends together wakes each other", CHANGES, ANNOUNCE_LOOP, "        announce(tx, promise_id)\n"),
    Fault(
        "a get sees no deadline", PROMISES, '"""Read a promise."""\n    expire(tx, request.id)\n', '"""Read it."""\n'
    ),
    Fault(
        "a callback sees one deadline",
        PROMISES,
        "expire(tx, request.awaited, request.awaiter)",
        "expire(tx, request.awaited)",
    ),
    Fault("a fence sees no inner deadline", TASKS, "expire(tx, request.id, inner_id)", "expire(tx, request.id)"),
    Fault("a suspend sees one deadline", TASKS, "expire(tx, request.id, *awaited)", "expire(tx, request.id)"),
    Fault("a continue sees no deadline", TASKS, "    expire(tx, request.id)\n    if offer", "    if offer"),
    Fault("task.create sees no deadline", TASKS, "    expire(tx, promise.id)\n", ""),
]
WAKING = [
    Fault("settling wakes no task", CHANGES, "        wake(tx, awaiter)\n", "        pass\n"),
    Fault("waking goes through a halt", CHANGES, WAKE, "offer(tx, task_id, \"state IN ('suspended', 'halted')\")"),
    Fault("listeners stay", CHANGES, LISTENERS_END, LISTENERS_END.replace("addresses", "False")),
    Fault("an acquire keeps what was ready", CHANGES, "    if taken.rowcount:\n", "    if False:\n"),
    Fault("a late callback wakes no task", PROMISES, "        wake(tx, request.awaiter)\n", ""),
    Fault(
        "a late callback counts for a halt", PROMISES, "('pending', 'acquired')", "('pending', 'acquired', 'halted')"
    ),
]
MESSAGES_AND_TIMERS = [
    Fault("an offer has no message", CHANGES, "    if offered:\n", "    if False:\n"),
    Fault(
        "an old message stays",
        OUTBOX,
        "DO UPDATE SET version = excluded.version, address = excluded.address",
        "DO NOTHING",
    ),
    Fault(
        "only one listener is told",
        OUTBOX,
        "self._unblocks[promise_id, address] = None",
        "self._unblocks.update({} if promise_id in dict([*self._unblocks]) else {(promise_id, address): None})",
    ),
    Fault("a timer is late", DUE, "timeout_at <= ? AND {condition}", "timeout_at < ? AND {condition}"),
    Fault("a lapsed lease is not offered", DUE, "{LEASE} AND state = 'acquired'", "{LEASE} AND state = 'nothing'"),
    Fault("letting go keeps the timer", TASKS, "SET state = ?, timer = NULL, timeout_at = NULL,", "SET state = ?,"),
]
RULES_OF_TASKS = [
    Fault("a preload by age", PROMISES, PRELOAD, "promises if name != task_id"),
    Fault("a preload with the task itself", PROMISES, PRELOAD, "sorted(promises)"),
    Fault("a preload without what is settled", PROMISES, PRELOAD, f"{PRELOAD} and b'pending' in bytes(promises[name])"),
    Fault("a preload without what was settled since", BRANCHES, "kept[promise.id] = p", "_ = p"),
    Fault("a preload without what has timed out since", CHANGES, "        tx.memory.branches.drop(branch)\n", ""),
    Fault(
        "task.create takes a held task",
        TASKS,
        '    return conflict("Already exists")',
        "    return _answer_acquired(tx, promise_id)",
    ),
    Fault(
        "a halt forgets what was awaited",
        TASKS,
        '"halted")\n',
        '"halted")\n    tx.sql("DELETE FROM callbacks WHERE awaiter = ?", (request.id,))\n',
    ),
    Fault("a suspend waits for what is settled", TASKS, 'state != ("pending",)', "False"),
    Fault("a suspend keeps what was ready", TASKS, f"    {DROP_READY}", ""),
    Fault("a refused suspend drops what was ready", TASKS, "    if None in", f"    {DROP_READY}    if None in"),
]
SEARCHES = [
    Fault("a search by tag is late", PROMISES, "        tx.memory.tag_index.update_all()\n", "        pass\n"),
    Fault("a page begins with its cursor", SEARCH, "{walk.identity} > ?", "{walk.identity} >= ?"),
    Fault("a cursor after the last page", SEARCH, "if len(rows) > limit", "if len(rows) >= limit"),
    Fault("ids without case", SEARCH, "{walk.identity} LIMIT ?", "{walk.identity} COLLATE NOCASE LIMIT ?"),
    Fault("longer pages", SEARCH, "PAGE_SIZE = 100 ", "PAGE_SIZE = 1000 "),
    Fault("longer pages of schedules", SEARCH, "SCHEDULES_PAGE_SIZE = 10 ", "SCHEDULES_PAGE_SIZE = 100 "),
]
RULES_OF_SCHEDULES = [
    Fault(
        "a schedule catches up at once",
        DUE,
        "decode_schedule(row))\n    return",
        "decode_schedule(row))\n    if due:\n        fire_schedules(tx)\n    return",
    ),
    Fault("a schedule runs on from now", DUE, "find_next_run(rule, fired_at)", "find_next_run(rule, tx.now)"),
    Fault(
        "a schedule's own tags win", DUE, OWN_TAGS, '{"resonate:schedule": schedule.id} | own | schedule.promise_tags'
    ),
]
FAULTS = [*VERSIONS, *EXPIRY, *WAKING, *MESSAGES_AND_TIMERS, *RULES_OF_TASKS, *SEARCHES, *RULES_OF_SCHEDULES]
