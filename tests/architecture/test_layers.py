"""Inside a room, imports point downwards, and none go in a circle."""

from pathlib import Path

import pytest

from .layers import LAYERS, find_circle, find_wrong_arrows
from .test_arrows import ARROWS, ROOT


@pytest.mark.parametrize("room", LAYERS)
def test_a_module_imports_only_lower_layers(room: str) -> None:
    assert find_wrong_arrows(room, LAYERS[room], ROOT) == []


@pytest.mark.parametrize("room", ARROWS)
def test_no_modules_import_each_other_in_a_circle(room: str) -> None:
    assert find_circle(room, ROOT) == []


@pytest.mark.parametrize("room", LAYERS)
def test_a_layer_names_modules_that_exist(room: str) -> None:
    names = [name for layer in LAYERS[room] for name in layer.split()]
    paths = [ROOT.joinpath(room, *name.split(".")) for name in names]
    assert [path for path in paths if not (path.is_dir() or path.with_suffix(".py").is_file())] == []
    assert len(names) == len(set(names))


def make_room(root: Path, **modules: str) -> None:
    """Write a room with modules; a double underscore in a name stands for a folder."""
    for name, text in modules.items():
        file = root.joinpath("room", *name.split("__")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_a_planted_arrow_upwards_is_seen(tmp_path: Path) -> None:
    """Relative, absolute and late imports, of a module and of a name in it."""
    late = "def late():\n    import room.top\n"
    make_room(tmp_path, low=f"from . import top\nfrom .top import x\n{late}", top="from room.low import y\n")
    assert find_wrong_arrows("room", ("low", "top"), tmp_path) == [
        "low:1 imports top, which is not below it",
        "low:2 imports top, which is not below it",
        "low:4 imports top, which is not below it",
    ]


def test_a_planted_arrow_within_a_layer_is_seen(tmp_path: Path) -> None:
    """Modules of one folder may import each other, if the folder is the layer."""
    make_room(tmp_path, one="from .two import x\n", two="", parts__a="from .b import x\n", parts__b="")
    assert find_wrong_arrows("room", ("one two", "parts"), tmp_path) == ["one:1 imports two, which is not below it"]


def test_a_module_without_a_layer_is_seen(tmp_path: Path) -> None:
    make_room(tmp_path, low="", new="")
    assert find_wrong_arrows("room", ("low",), tmp_path) == ["new has no layer"]


def test_a_planted_circle_is_seen(tmp_path: Path) -> None:
    """Also one that late imports and imports for type checkers hide."""
    typing = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from room.parts import c\n"
    late = "def late():\n    from ..a import x\n"
    make_room(tmp_path, a="from .b import x\n", b=typing, parts__c=late, parts__d="import room.a\n")
    assert find_circle("room", tmp_path) == ["a", "b", "parts.c", "a"]
