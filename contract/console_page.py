"""The console's files, and what a browser may do with them. A laptop serves them, and AWS from a bucket."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePath
from typing import Final

FOLDER: Final = "console"
INDEX: Final = "index.html"
PAGE_PATH: Final = "/"
LIBRARY: Final = "node_modules/lit-html/lit-html.js"
_PATTERNS: Final = ("*.js", "*.css", "*.svg", "views/*.js")
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
CACHE_CONTROL: Final = "no-cache"  # a browser asks each time, by the tag of the file that it holds
_NO_SIGN_IN: Final = '<meta name="sign-in" data-provider="" data-client="">'


@dataclass(frozen=True)
class SignIn:
    """The identity provider that the page signs its users in at, and the page's id there."""

    provider: str  # the origin of its pages
    client: str


def list_files(folder: Path) -> dict[str, Path]:
    """Return the files by their paths on the server, the page last. No other file is served."""
    files = {file for pattern in _PATTERNS for file in folder.glob(pattern)} | {folder / LIBRARY}
    return {f"/{FOLDER}/{file.relative_to(folder)}": file for file in sorted(files)} | {PAGE_PATH: folder / INDEX}


def media_type(file: PurePath) -> str:
    """Return the type of a file for browsers."""
    return _MEDIA_TYPES[file.suffix]


def make_policy(hosts: Iterable[str] = ()) -> str:
    """Return the policy for the browser: our own files, requests to these hosts, and no text that becomes markup."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        f"connect-src {' '.join(("'self'", *hosts))}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types lit-html"
    )


def name_sign_in(page: str, sign_in: SignIn) -> str:
    """Return the page with the identity provider in its head."""
    if _NO_SIGN_IN not in page:
        raise ValueError(f"{INDEX} has no place for the identity provider: it must contain {_NO_SIGN_IN}")
    provider, client = escape(sign_in.provider), escape(sign_in.client)
    return page.replace(_NO_SIGN_IN, f'<meta name="sign-in" data-provider="{provider}" data-client="{client}">')


def name_version(page: str, version: str) -> str:
    """Return the page with its files in the folder of a version."""
    return page.replace(f'"{FOLDER}/', f'"{FOLDER}/{version}/')
