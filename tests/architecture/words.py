"""Checks the words and names of the project: sentences name their actor, functions say what they do.

`python -m tests.architecture.words [PATH ...]` prints every finding, one a line; `make check` expects none. It reads
tracked files as text and Python as a syntax tree, so it knows names, docstrings, comments and messages, but no meaning:
what it cannot judge is in `ALLOWED`, with the reason.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .syntax import walk_statements

ROOT: Final = Path(__file__).resolve().parents[2]
# Each folder below these is a room of its own.
HOUSES: Final = ("durable", "lambdas", "tests")
PROSE_SUFFIXES: Final = {".md", ".mjs", ".py", ".sh", ".toml", ".yml", ".yaml", ".guard", ".json", ""}
# Pinned packages, the licence and the list itself are not our prose.
SKIPPED_NAMES: Final = {"requirements.txt", "LICENSE", "package-lock.json", "words.py", "test_words.py"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A pronoun that stands for an actor hides which one it is.
PRONOUNS: Final = (
    *("whoever", "somebody", "nobody", "anybody", "everybody"),
    *("someone", "anyone", "everyone", "no one"),
)
PRONOUN: Final = re.compile(rf"(?<![a-z])({'|'.join(PRONOUNS)})(?![a-z])", re.IGNORECASE)
# Past participles that do not end in "ed".
IRREGULAR_PARTICIPLES: Final = _words(
    "told seen written shown taken given made found kept held sent known drawn chosen begun gone done worn said asked"
    " meant left built bound broken fallen hidden paid brought bought caught thought lent lost met laid led fed heard"
    " got become spoken thrown"
)
ENDS_LIKE_A_PARTICIPLE: Final = frozenset({"feed", "embed", "seed", "need", "proceed", "exceed", "succeed", "speed"})
# Words that say of a constant how much or when, and not of what.
NOT_NOUNS: Final = IRREGULAR_PARTICIPLES | _words(
    "most least longest shortest largest smallest widest deepest highest lowest fewest first last later latest sooner"
    " early late few many more much less long short large small big little high low rarely often soon always never"
    " at once max min each every once twice afterwards before after enough together beside here there apart own too"
)
MODULE_NAMES_THAT_REPEAT: Final = frozenset({"__init__", "__main__", "settings", "errors", "logs", "handler"})

# Findings that are right as they are, by file and problem, each with its reason.
ALLOWED: Final = {
    (f"worker/{folder}/{name}.py", f"module name {name} is taken"): "a workflow and its steps have one name"
    for folder in ("steps", "workflows")
    for name in ("analysis", "document", "estimate", "extraction")
} | {
    ("durable/named_context.py", "function detached is named by a participle"): "a method of the SDK",
    ("durable/remotes.py", "function served is named by a participle"): "a decorator: what the body below it is",
}


@dataclass(frozen=True, order=True)
class Finding:
    """A place in a file, and what is wrong there."""

    path: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}"


def find_problems(root: Path, paths: Iterable[str]) -> list[Finding]:
    """Return what is wrong in these files, below the root, sorted by place."""
    findings: list[Finding] = []
    classes: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    modules: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for path in paths:
        if Path(path).name in SKIPPED_NAMES or Path(path).suffix not in PROSE_SUFFIXES:
            continue
        try:
            text = (root / path).read_text()
        except (UnicodeDecodeError, FileNotFoundError):  # no text, or of a test that ran beside this one and ended
            continue
        if not path.endswith(".py"):
            findings += _pronouns(path, enumerate(text.splitlines(), 1))
            continue
        tree = ast.parse(text)
        spoken = text.replace("_", " ").lower()
        if any(word in spoken for word in PRONOUNS):  # tokens take long, and hardly any file has one of these words
            findings += _pronouns(path, _prose(text))
        statements = list(walk_statements(tree))
        findings += _participle_functions(path, statements)
        findings += _bare_adjective_constants(path, tree, statements)
        modules[room_of(path), Path(path).stem].append(Finding(path, 1, f"module name {Path(path).stem} is taken"))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                problem = f"class name {node.name} is taken in {room_of(path)}/"
                classes[room_of(path), node.name].append(Finding(path, node.lineno, problem))
    for same in classes.values():
        findings += same if len(same) > 1 else []
    for (_, name), same in modules.items():
        findings += same if len(same) > 1 and name not in MODULE_NAMES_THAT_REPEAT else []
    return sorted(one for one in findings if (one.path, one.problem) not in ALLOWED)


def room_of(path: str) -> str:
    """Return the room of a file: its top folder, or the folder below a house."""
    parts = Path(path).parts
    return "/".join(parts[: 2 if parts[0] in HOUSES and len(parts) > 2 else 1])


def _prose(source: str) -> Iterator[tuple[int, str]]:
    """Give every name, comment and string of a Python file with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string.replace("_", " ")
        elif token.type in (tokenize.COMMENT, tokenize.STRING, tokenize.FSTRING_MIDDLE):
            for offset, line in enumerate(token.string.splitlines()):
                yield token.start[0] + offset, line


def _pronouns(path: str, lines: Iterable[tuple[int, str]]) -> Iterator[Finding]:
    for number, line in lines:
        for match in PRONOUN.finditer(line):
            yield Finding(path, number, f"'{match[0].lower()}' hides the actor")


def _participle_functions(path: str, statements: Iterable[ast.AST]) -> Iterator[Finding]:
    for node in statements:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if _is_participle(node.name.strip("_").split("_")[0]) and not _is_value(node):
            yield Finding(path, node.lineno, f"function {node.name} is named by a participle")


def _is_value(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorators = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
    return "property" in decorators or "fixture" in decorators or ".setter" in decorators


def _is_participle(word: str) -> bool:
    return word in IRREGULAR_PARTICIPLES or (word.endswith("ed") and word not in ENDS_LIKE_A_PARTICIPLE)


def _bare_adjective_constants(path: str, tree: ast.Module, statements: Iterable[ast.AST]) -> Iterator[Finding]:
    bodies = [
        tree.body,
        *(node.body for node in statements if isinstance(node, ast.ClassDef) and not _is_enum(node)),
    ]
    for statement in (statement for body in bodies for statement in body):
        for target in _assigned_names(statement):
            words = target.strip("_").lower().split("_")
            if target.isupper() and all(word in NOT_NOUNS or _is_participle(word) for word in words):
                yield Finding(path, statement.lineno, f"constant {target} has no noun")


def _is_enum(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith(("Enum", "Flag")) for base in node.bases)


def _assigned_names(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
    return [target.id for target in targets if isinstance(target, ast.Name)]


def tracked_files(root: Path) -> list[str]:
    """Return the files that git tracks, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return [path for path in listed.stdout.split("\0") if path and (root / path).is_file()]


def main(arguments: list[str]) -> int:
    """Print the findings below the given paths, or all of them, and return how many there are."""
    findings = [one for one in find_problems(ROOT, tracked_files(ROOT)) if _is_below(one.path, arguments)]
    sys.stdout.writelines(f"{one}\n" for one in findings)
    sys.stdout.write(f"{len(findings)} findings\n")
    return min(len(findings), 1)


def _is_below(path: str, folders: list[str]) -> bool:
    return not folders or any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
