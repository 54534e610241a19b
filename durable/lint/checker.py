"""Checks workflows, steps and functions with a context, and all functions of the given files that they call."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from .body_checks import Body
from .declarations import check_declaration
from .problems import Problem
from .project import Project
from .rules import RULES, Finding
from .source import Allowance, Function, Kind, Source
from .step_checks import StepBody

type _Place = tuple[Source, int]  # a line of a file
type _Allowed = Mapping[
    str, _Place
]  # codes that lines above in the chain of calls allow, with the place of the comment

_NOTHING: Final[_Allowed] = MappingProxyType({})


def lint_paths(paths: Sequence[Path]) -> tuple[list[Finding], int]:
    """Return what breaks a rule in the files of these paths, sorted by place, and the number of files."""
    project = Project(paths)
    return Checker(project).check(), len(project.sources)


class Checker:
    """Collects findings. A comment allows codes on its line, and in all that the line calls."""

    def __init__(self, project: Project) -> None:
        self._project: Final = project
        self._findings: Final[dict[tuple[str, int, int, str], Finding]] = {}
        self._checked: Final[set[Function]] = set()
        self._used: Final[set[tuple[_Place, str]]] = set()

    def check(self) -> list[Finding]:
        """Check all files; return the findings, sorted by place."""
        for source in self._project.sources:
            for function in source.functions:
                self._check_function(function)
        for source in self._project.sources:
            self._check_allowances(source)
        return sorted(self._findings.values())

    def _check_function(self, function: Function) -> None:
        title = f"{function.kind} {function.node.name}"
        for problem in check_declaration(function):
            self._report(function.source, problem, title, _NOTHING)
        if function.kind is Kind.STEP:
            self._check_body(StepBody(function, self._project), title, frozenset(), _NOTHING)
        elif function.kind in (Kind.WORKFLOW, Kind.HELPER):
            body = Body(function, self._project, is_of_workflow=function.kind is Kind.WORKFLOW)
            self._check_body(body, title, frozenset(), _NOTHING)

    def _check_body(self, body: Body | StepBody, title: str, callers: frozenset[Function], allowed: _Allowed) -> None:
        function = body.function
        self._checked.add(function)
        for problem in body.problems():
            self._report(function.source, problem, title, allowed)
        inside = callers | {function}
        for call, callee in body.callees():
            if callee.function not in inside:
                here = _find_allowed(function.source, call)
                self._check_body(callee, f"{title} > {callee.function.node.name}", inside, {**here, **allowed})

    def _report(self, source: Source, problem: Problem, title: str, allowed: _Allowed) -> None:
        allowed = {**allowed, **_find_allowed(source, problem.node)}
        if problem.code in allowed:
            self._used.add((allowed[problem.code], problem.code))
        else:
            line, column = _find_position(problem.node)
            self._add(source, line, column, problem.code, title, problem.text)

    def _add(self, source: Source, line: int, column: int, code: str, title: str, detail: str) -> None:  # noqa: PLR0913,PLR0917 all that a finding is
        place = (str(source.path), line, column, code)
        self._findings.setdefault(place, Finding(*place, title, detail))

    def _check_allowances(self, source: Source) -> None:
        """Report exceptions without a code or reason, and those that no finding needs."""
        checked = [one.node for one in self._checked if one.source is source]
        for line, allowance in source.allowances.items():
            if any(_find_first_line(node) <= line <= (node.end_lineno or 0) for node in checked):
                for detail in self._find_flaws(source, allowance):
                    self._add(source, line, 1, "D00", "line", detail)

    def _find_flaws(self, source: Source, allowance: Allowance) -> Iterator[str]:
        if not allowance.codes:
            yield "no code"
        elif not allowance.has_reason:
            yield "no reason"
        for code in sorted(allowance.codes):
            if code not in RULES:
                yield f"there is no {code}"
            elif ((source, allowance.line), code) not in self._used:
                yield f"{code} is not found here"


def _find_allowed(source: Source, node: ast.AST) -> _Allowed:
    line, _ = _find_position(node)
    allowance = source.allowances.get(line)
    return dict.fromkeys(allowance.codes, (source, line)) if allowance else _NOTHING


def _find_position(node: ast.AST) -> tuple[int, int]:
    assert isinstance(node, ast.stmt | ast.expr | ast.ExceptHandler | ast.arg)  # no rule concerns other nodes
    return node.lineno, node.col_offset + 1


def _find_first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min(node.lineno, *(one.lineno for one in node.decorator_list), node.lineno)
