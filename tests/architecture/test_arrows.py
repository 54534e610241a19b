"""Imports between rooms point one way, and no room imports packages that would cost its users too much."""

from pathlib import Path

import pytest

from .imports import imports_of

ROOT = Path(__file__).resolve().parents[2]
# A room may import itself and the rooms named here; tests and benches may import everything. A folder below a room can
# be a room of its own.
ARROWS: dict[str, set[str]] = {
    "contract": set(),
    "durable": {
        "durable/history",
        "durable/testing",
        "durable/wire",
    },  # the test kit for its commands only: layers.py has the order
    "durable/wire": set(),
    "durable/embedded": {"durable/wire"},
    "durable/history": {"durable", "durable/wire"},
    "durable/testing": {"durable", "durable/embedded", "durable/history", "durable/wire"},
    "lambdas/functions": {"contract", "durable", "durable/wire"},
    "lambdas/keys": {"lambdas/resource"},
    "lambdas/page": {"contract", "lambdas/resource"},
    "lambdas/proof": {"lambdas/resource"},
    "lambdas/resource": set(),
    "lambdas/trigger": {"contract", "durable/history", "durable/wire"},
    "worker": {"contract", "durable"},
    "keeper": {"contract"},
    "stacks": {"contract"},
    "pricing": set(),
    "evaluation": {"contract", "durable", "worker"},
    "examples": {"durable", "durable/wire", "longhand_client"},
    "longhand_client": {"contract"},
    "ops": {"contract", "durable/history", "durable/wire", "longhand_client", "pricing"},
    "local": {"contract", "durable/embedded", "durable/wire", "lambdas/trigger", "longhand_client", "ops", "worker"},
}
# Packages that a room must never import, because each cold start or child process would pay for them.
FORBIDDEN_PACKAGES: dict[str, set[str]] = {
    "contract": {"aiohttp", "asyncio", "boto3", "resonate", "urllib3"},
    "durable": {"boto3", "urllib3"},
    "durable/wire": {"aiohttp", "asyncio", "boto3", "pydantic", "resonate", "urllib3"},
    "durable/embedded": {"boto3", "pydantic", "resonate", "urllib3"},
    "durable/history": {"aiohttp", "asyncio", "boto3", "pydantic", "resonate", "urllib3"},
    "durable/testing": {"boto3", "urllib3"},
    "lambdas/functions": {"aiohttp", "boto3", "urllib3"},
    "lambdas/keys": {"aiohttp", "msgspec", "pydantic", "resonate", "urllib3"},
    "lambdas/page": {"aiohttp", "msgspec", "pydantic", "resonate", "urllib3"},
    "lambdas/proof": {"aiohttp", "msgspec", "pydantic", "resonate", "urllib3"},
    "lambdas/resource": {"aiohttp", "boto3", "msgspec", "pydantic", "resonate", "urllib3"},
    "lambdas/trigger": {"aiohttp", "boto3", "pydantic", "resonate", "urllib3"},
    "worker": set(),
    "keeper": {"boto3", "pydantic", "resonate"},
    "stacks": {"boto3"},
    "pricing": {"aws_cdk", "boto3"},
    "evaluation": set(),
    "examples": set(),
    "longhand_client": {"aiohttp", "boto3", "pydantic", "resonate"},
    "ops": {"aws_cdk", "resonate"},
    "local": {"resonate"},
}
# A room with a face: other houses import these modules of it and no others.
FACES: dict[str, set[str]] = {
    "durable": {"durable", "durable.runtime"},
    "durable/history": {"durable.history"},
    "durable/testing": {"durable.testing", "durable.testing.plugin"},
}
INNER_FOLDERS = {
    "durable/command",
    "durable/lint",
    "durable/replay",
    "durable/runtime",
}  # packages that belong to the room above them
PACKAGES = {str(path.parent.relative_to(ROOT)) for path in ROOT.glob("*/__init__.py")}
PACKAGES |= {str(path.parent.relative_to(ROOT)) for path in ROOT.glob("*/*/__init__.py")}
HOUSES = {"lambdas"}  # a folder of rooms: each of its functions ships in a bundle of its own
TOPS = {package for package in PACKAGES if "/" not in package}


def room_of(module: str) -> str:
    """Return the room of a module of ours, the innermost; of another module, its first name."""
    first, *rest = module.split(".")
    inner = f"{first}/{rest[0]}" if rest else first
    return inner if inner in ARROWS else first


def is_forbidden(module: str, room: str) -> bool:
    """Whether the room must not import the module. A house alone is forbidden, too: it does not say which room."""
    imported = room_of(module)
    is_outside = room.split("/", maxsplit=1)[0] != imported.split("/")[0]
    is_behind_face = is_outside and imported in FACES and module not in FACES[imported]
    is_ours = imported.split("/")[0] in TOPS
    return is_behind_face or (is_ours and imported not in {room, *ARROWS[room]}) or imported in FORBIDDEN_PACKAGES[room]


def find_forbidden_imports(room: str, root: Path = ROOT) -> list[str]:
    """Return where the room imports what it must not."""
    return [
        f"{file.relative_to(root)}:{line} imports {module}"
        for file in sorted((root / room).rglob("*.py"))
        if room_of(".".join(file.relative_to(root).with_suffix("").parts)) == room
        for module, line in imports_of(file, root)
        if is_forbidden(module, room)
    ]


@pytest.mark.parametrize("room", ARROWS)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    assert find_forbidden_imports(room) == []


def test_every_room_has_its_arrows() -> None:
    """A new package at the top, and a new function or part of the toolkit, must be added here."""
    folders = TOPS - HOUSES - {"tests", "bench"}
    folders |= {package for package in PACKAGES if package.split("/")[0] in {"lambdas", "durable"} and "/" in package}
    assert folders - INNER_FOLDERS == ARROWS.keys()


def test_a_forbidden_import_is_found(tmp_path: Path) -> None:
    """Absolute and late imports are found."""
    room = tmp_path / "durable" / "wire"
    room.mkdir(parents=True)
    (room / "bad.py").write_text("from durable.embedded import store\ndef late():\n    import resonate.types\n")
    assert find_forbidden_imports("durable/wire", tmp_path) == [
        "durable/wire/bad.py:1 imports durable.embedded",
        "durable/wire/bad.py:3 imports resonate.types",
    ]


def test_a_forbidden_import_between_two_functions_is_found(tmp_path: Path) -> None:
    room = tmp_path / "lambdas" / "trigger"
    room.mkdir(parents=True)
    (room / "bad.py").write_text(
        "from lambdas import keys\nfrom ..keys import pair\nfrom . import good\nimport boto3\n"
    )
    assert find_forbidden_imports("lambdas/trigger", tmp_path) == [
        "lambdas/trigger/bad.py:1 imports lambdas",
        "lambdas/trigger/bad.py:2 imports lambdas.keys",
        "lambdas/trigger/bad.py:4 imports boto3",
    ]


def test_an_import_past_a_face_is_found(tmp_path: Path) -> None:
    room, toolkit = tmp_path / "worker", tmp_path / "durable"
    room.mkdir()
    toolkit.mkdir()
    (toolkit / "errors.py").touch()
    (room / "bad.py").write_text(
        "from durable import step\nfrom durable.errors import JobError\nfrom durable import errors\n"
        "from durable.runtime import Worker\nimport durable.runtime.gate\n"
    )
    assert find_forbidden_imports("worker", tmp_path) == [
        "worker/bad.py:2 imports durable.errors",
        "worker/bad.py:3 imports durable.errors",
        "worker/bad.py:5 imports durable.runtime.gate",
    ]
