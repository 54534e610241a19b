"""The readers of Dockerfiles and .dockerignore: they refuse what they do not support."""

from pathlib import Path, PurePosixPath

import pytest

from tests.images.build_context import is_ignored, list_context
from tests.images.dockerfile import Copy, Entrypoint, Env, Run, Stage, UnsupportedError, User, read_stages

DOCKERFILE = """# what it is for
ARG DIGEST=
FROM python:3.13.15-slim${DIGEST} AS build
RUN --mount=type=cache,target=/root/.cache/uv \\
    # why
    uv sync \\
    --quiet
COPY --from=uv /uv /bin/uv
FROM python:3.13.15-slim
COPY a b target/
ENV A=1 \\
    B="two words"
USER 10001:10001
ENTRYPOINT ["python", "-m", "a"]
"""


def test_a_dockerfile_is_read_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(DOCKERFILE)
    steps = (Run("uv sync --quiet"), Copy(("/uv",), "/bin/uv", "uv"))
    last = (
        Copy(("a", "b"), "target/", None),
        Env((("A", "1"), ("B", "two words"))),
        User("10001:10001"),
        Entrypoint(("python", "-m", "a")),
    )
    assert read_stages(file) == [Stage("python:3.13.15-slim", "build", steps), Stage("python:3.13.15-slim", None, last)]


@pytest.mark.parametrize(
    "line",
    [
        "ADD https://example.com/a /a",
        "HEALTHCHECK CMD true",
        "ENTRYPOINT python -m a",
        "COPY --chmod=777 a b",
        "COPY a",
        "RUN --mount=type=secret,id=a true",
        'RUN ["true"]',
        'SHELL ["bash"]',
    ],
)
def test_an_unsupported_instruction_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(f"FROM python:3.13.15-slim\n{line}\n")
    with pytest.raises(UnsupportedError):
        read_stages(file)


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("README.md", True),
        ("tests/worker/conftest.py", True),
        ("worker/__main__.py", False),
        ("worker/steps/store.py", False),
        ("worker/steps/__pycache__/store.pyc", True),
        ("worker/Dockerfile", True),
        ("workers/a.py", True),
    ],
)
def test_the_last_matching_pattern_decides(path: str, ignored: bool) -> None:  # noqa: FBT001 a row of a table
    patterns = ["*", "!worker", "**/Dockerfile", "**/__pycache__"]
    assert is_ignored(PurePosixPath(path), patterns) is ignored


def test_an_unsupported_pattern_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("[ab]\n")
    (tmp_path / "a").touch()
    with pytest.raises(ValueError, match="does not support"):
        list_context(tmp_path)
