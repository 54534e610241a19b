"""Source texts for the rules, beside those of docs/lint.md: each with the one code that is found in it, or none."""

HEAD = """
import asyncio, contextlib, datetime, logging, os, random, subprocess, time, uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import time as now
from uuid import uuid4

import durable
from durable import (
    Context, all_of, log_event, map_workflows, race, remote, run_with_durable_retries, step, with_name, workflow
)

LOG = logging.getLogger("x")
SEEN = {}
LIMIT = 5


@step(timeout=30)
async def work(n: int) -> int:
    return n


@workflow(name="part", version=1)
async def part(ctx: Context, n: int) -> int:
    return await ctx.run(work, n)


@remote(name="far", group="others")
def far(n: int) -> int: ...

"""
WORKFLOW = '@workflow(name="w", version=1)\nasync def w(ctx: Context, n: int) -> int:\n'


def body(text: str) -> str:
    """Return a workflow with this body."""
    return WORKFLOW + indent(text)


def indent(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def in_step(text: str) -> str:
    """Return a step with this body."""
    return "@step(timeout=3)\nasync def s(n: int) -> int:\n" + indent(text)


RETURN = "\nreturn await ctx.run(work, n)"
ROLL = "def roll() -> int:\n    return random.randint(1, 6)\n\n"

BAD: list[tuple[str, str]] = [
    ("D01", body("await ctx.run(work, int(time.time()))" + RETURN)),
    ("D01", body("await ctx.run(work, int(now()))" + RETURN)),
    ("D01", "def today() -> int:\n    return datetime.date.today().day\n\n" + body("n += today()" + RETURN)),
    ("D02", body("if random.random() > 0.5:\n    await ctx.run(work, 1)" + RETURN)),
    ("D02", body("return await ctx.run(work, uuid4().int)")),
    ("D02", ROLL + body("return await ctx.run(work, roll())")),
    ("D02", ROLL + "async def helper(ctx: Context) -> int:\n    return await ctx.run(work, roll())\n"),
    ("D02", body("keys = list(map(uuid.uuid4, range(n)))\nreturn len(keys)")),
    ("D02", "@dataclass\nclass Order:\n    id: str = field(default_factory=uuid4)\n\n" + body("return Order().id")),
    (
        "D02",
        (
            "class Die:\n    def roll(self) -> int:\n        return random.randint(1, 6)\n\n"
            "async def helper(ctx: Context, die: Die) -> int:\n    return await ctx.run(work, die.roll())\n"
        ),
    ),
    ("D03", body("n = len(subprocess.run(['ls']).args)" + RETURN)),
    ("D03", body("with open('x') as file:\n    n = len(file.read())" + RETURN)),
    ("D04", body("n = int(os.environ['N'])" + RETURN)),
    ("D04", body("n = int(os.getenv('N', '1'))" + RETURN)),
    ("D05", body("SEEN[n] = True" + RETURN)),
    ("D05", body("global LIMIT\nLIMIT = n" + RETURN)),
    ("D05", body("LOG.limit = n" + RETURN)),
    (
        "D05",
        (
            'class Flow:\n    @workflow(name="w", version=1)\n    async def w(self, ctx: Context, n: int) -> int:\n'
            "        self.total = n\n        return n\n"
        ),
    ),
    (
        "D05",
        (
            'class Flow:\n    @workflow(name="w", version=1)\n    async def w(self, ctx: Context, n: int) -> int:\n'
            "        return self._add(n)\n\n"
            "    def _add(self, n: int) -> int:\n        self._all.append(n)\n        return n\n"
        ),
    ),
    ("D06", body("later = ctx.rpc('w', 1)\nreturn n")),
    ("D06", body("ctx.options(timeout=timedelta(hours=1)).run(work, n)\nreturn n")),
    ("D06", body("with_name(ctx, 'pause').sleep(timedelta(days=1))\nreturn n")),
    ("D06", body("race(ctx, ctx.run(work, 1), ctx.sleep(timedelta(days=1)))\nreturn n")),
    ("D06", body("far(ctx.options(timeout=timedelta(hours=1)), n)\nreturn n")),
    ("D06", body("later = far(ctx, n)\nreturn n")),
    ("D06", body("map_workflows(ctx, part, [n])\nreturn n")),
    ("D06", body("asyncio.gather(ctx.run(work, 1), ctx.run(work, 2))\nreturn n")),
    (
        "D07",
        body(
            "total = []\n@step(timeout=3)\nasync def add() -> None:\n    total.append(n)\nawait ctx.run(add)\nreturn n"
        ),
    ),
    (
        "D07",
        body("seen = {}\n@step(timeout=3)\nasync def add() -> None:\n    seen[n] = 1\nawait ctx.run(add)\nreturn n"),
    ),
    ("D08", in_step("time.sleep(1)\nreturn n")),
    ("D08", "def call() -> None:\n    subprocess.run(['ls'])\n\n" + in_step("call()\nreturn n")),
    ("D08", body("time.sleep(1)" + RETURN)),
    (
        "D10",
        body(
            "@step(timeout=3)\nasync def nest() -> int:\n    return await ctx.run(work, n)\nreturn await ctx.run(nest)"
        ),
    ),
    ("D11", "@workflow(name='w')\nasync def w(ctx: Context) -> int:\n    return await ctx.run(work, 1)\n"),
    ("D12", body("async with asyncio.timeout(5):\n    return await ctx.run(work, n)")),
    ("D12", body("async with asyncio.TaskGroup() as group:\n    group.create_task(ctx.run(work, n))\nreturn n")),
    ("D12", body("return await work.body(n)")),
    ("D13", body("for x in {1, 2, n}:\n    await ctx.run(work, x)\nreturn n")),
    ("D13", body("names = {n}\nreturn sum([await ctx.run(work, x) for x in names])")),
    ("D13", body("return await ctx.run(work, list({1, n})[0])")),
    ("D14", body("try:\n    return await ctx.run(work, n)\nexcept BaseException:\n    return 0")),
    (
        "D14",
        body("try:\n    return await ctx.run(work, n)\nexcept BaseException:\n    await ctx.run(work, 0)\n    raise"),
    ),
    ("D14", body("with contextlib.suppress(BaseException):\n    await ctx.run(work, n)\nreturn n")),
    ("D14", in_step("try:\n    await asyncio.sleep(1)\nexcept asyncio.CancelledError:\n    pass\nreturn n")),
    ("D15", "@workflow(name='w', version=1)\nasync def w(ctx: Context, n) -> int:\n    return n\n"),
    (
        "D16",
        "async def helper(ctx: Context, n: int) -> int:\n    return await ctx.run(work, n)\n\n"
        + body("return sum(await asyncio.gather(*[helper(ctx, x) for x in range(n)]))"),
    ),
    (
        "D16",
        body(
            "async def branch(x: int) -> int:\n    return await ctx.run(work, x)\n"
            "return sum(await asyncio.gather(*map(branch, range(n))))"
        ),
    ),
    (
        "D16",
        body(
            "return sum(await asyncio.gather("
            "run_with_durable_retries(ctx, work, 1), run_with_durable_retries(ctx, work, 2)))"
        ),
    ),
    ("D15", "@remote(name='r', group='g')\ndef r(n) -> int: ...\n"),
    ("D16", body("return len(await asyncio.gather(race(ctx, ctx.run(work, 1)), race(ctx, ctx.run(work, 2))))")),
    ("D18", body("LOG.info('begun')" + RETURN)),
    ("D18", body("log_event(LOG, 20, 'begun', {})" + RETURN)),
]

GOOD: list[str] = [
    body("return sum(await asyncio.gather(*[ctx.run(work, x) for x in range(n)]))"),
    body("later = ctx.rpc('w', 1)\nawait ctx.run(work, 2)\nreturn await later"),
    body("await ctx.sleep(timedelta(days=7))" + RETURN),
    body("later = far(ctx, n)\nreturn sum(await asyncio.gather(far(ctx, n), later))"),
    "@far.served\nasync def s(ctx: Context, n: int) -> int:\n    return await ctx.run(work, n)\n",
    body("return sum((await map_workflows(ctx, part, range(n))).get())"),
    body("both = asyncio.gather(map_workflows(ctx, part, [1]), ctx.run(work, 2))\nreturn len(await both)"),
    body("return len(await asyncio.gather(all_of(ctx, ctx.run(work, 1), ctx.run(work, 2)), ctx.run(work, n)))"),
    body("won = await race(ctx, ctx.run(work, n), with_name(ctx, 'end').sleep(timedelta(hours=1)))\nreturn won.index"),
    body("total = []\nfor x in range(n):\n    total.append(await ctx.run(work, x))\nreturn sum(total)"),
    body("seen = {}\nseen[n] = await ctx.run(work, n)\nreturn seen[n]"),
    body("try:\n    return await ctx.run(work, n)\nexcept Exception:\n    return 0"),
    body("try:\n    return await ctx.run(work, n)\nexcept BaseException:\n    n = 0\n    raise"),
    body("with contextlib.suppress(Exception):\n    await ctx.run(work, n)\nreturn n"),
    body("try:\n    n = await ctx.run(work, n)\nfinally:\n    n += 1\nreturn n"),
    body("for x in sorted({1, 2, n}):\n    await ctx.run(work, x)\nreturn n"),
    body("names = {1, n}\nreturn sum(x for x in names) + len(names)"),
    body("time = await ctx.run(work, n)\nreturn time.real"),
    body("random = [2, 1]\nrandom.sort()\nreturn await ctx.run(work, random[0])"),
    body("when = datetime.datetime(2026, 1, 1)\nreturn await ctx.run(work, when.day + LIMIT)"),
    body("return await ctx.run(work, random.Random(n).randint(1, 6))"),
    body("return await ctx.run(work, uuid.uuid5(uuid.NAMESPACE_URL, str(n)).int)"),
    body("pages = defaultdict(list)\npages[n].append(1)\nreturn await ctx.run(work, len(pages))"),
    body("return await ctx.options(timeout=timedelta(hours=1)).run(work, n)"),
    body("answer = ctx.promise()\nawait ctx.run(work, n)\nreturn await answer"),
    body("async def helper() -> int:\n    return await ctx.run(work, n)\nreturn await helper()"),
    body("@step(timeout=3)\nasync def add() -> int:\n    mine = []\n    mine.append(n)\n    return 1" + RETURN),
    in_step("return int(time.time() + random.random())"),
    in_step("await asyncio.to_thread(time.sleep, 1)\nreturn n"),
    in_step("def wait() -> None:\n    time.sleep(1)\nawait asyncio.to_thread(wait)\nreturn n"),
    in_step("found = []\nfound.append(os.environ['X'])\nprint(found)\nawait asyncio.sleep(1)\nreturn len(found)"),
    in_step("try:\n    await asyncio.sleep(1)\nexcept asyncio.CancelledError:\n    n = 0\n    raise\nreturn n"),
    "def plain() -> float:\n    return time.time()\n",
    "class Box:\n    @step(timeout=3)\n    async def keep(self) -> int:\n        self.kept = 1\n        return 1\n",
    "class Saga:\n    async def add(self, ctx: Context, n: int) -> None:\n        self.n = await ctx.run(work, n)\n",
    "@durable.workflow(name='w', version=2)\nasync def w(ctx: durable.Context, n: int) -> int:\n    return n\n",
    "from other import step, workflow\n\n@step\ndef s():\n    time.sleep(1)\n",
]
