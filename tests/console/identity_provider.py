"""An identity provider on a port of this machine, as strict as Cognito: codes with PKCE, refresh tokens for one use.

Its clock is its own, so that a test lets time pass for tokens. A browser that it knows by its cookie gets a code at
once; another one gets a form for a name.
"""

import base64
import hashlib
import time
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT = "the-console"
UNKNOWN_NAME = "a stranger"
TOKEN_SECONDS = 900
SESSION_SECONDS = 36_000
COOKIE = "provider-session"
FORM = (
    "<!doctype html><title>Sign in</title><link rel=icon href=data:,>"
    "<form method=post action=/login?{query}>"
    "<label>Name <input name=name></label><button>Continue</button></form>"
)


@dataclass
class Grant:
    """What a code or a refresh token is good for, once."""

    subject: str
    ends_at: float
    challenge: str = ""


@dataclass
class IdentityProvider:
    """`page` is the only address that it sends a browser back to."""

    origin: str
    page: str
    groups: dict[str, list[str]] = field(default_factory=dict)
    passed_seconds: float = 0.0
    sessions: dict[str, str] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def now(self) -> float:
        return time.time() + self.passed_seconds

    def end_sessions(self) -> None:
        """Forget all browsers and refresh tokens, as after a password was reset."""
        self.sessions.clear()
        self.grants.clear()

    def verify(self, token: str) -> dict[str, Any]:
        """Return the claims of a token as API Gateway's authorizer does, or raise."""
        key = self._key.public_key()
        claims = jwt.decode(token, key, algorithms=["RS256"], issuer=self.origin, options={"verify_exp": False})
        if claims["client_id"] != CLIENT or claims["exp"] <= self.now():
            raise jwt.InvalidTokenError
        return dict(claims)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        match request.method, request.path:
            case "GET", "/oauth2/authorize":
                return self._authorize(request)
            case "POST", "/login":
                return await self._login(request)
            case "POST", "/oauth2/token":
                return await self._give_tokens(request)
            case "POST", "/oauth2/revoke":
                form = await _read_form(request)
                self.grants.pop(form["token"], None)
                return web.Response()
            case "GET", "/logout":
                assert request.query["logout_uri"] == self.page
                self.sessions.pop(request.cookies.get(COOKIE, ""), None)
                raise web.HTTPFound(self.page)
        return web.Response(status=HTTPStatus.NOT_FOUND)

    def _authorize(self, request: web.BaseRequest) -> web.Response:
        query = request.query
        expected = {"response_type": "code", "client_id": CLIENT, "redirect_uri": self.page, "scope": "openid"}
        assert {name: query[name] for name in expected} == expected
        assert query["code_challenge_method"] == "S256"
        subject = self.sessions.get(request.cookies.get(COOKIE, ""))
        if subject is None:
            return web.Response(text=FORM.format(query=urlencode(query)), content_type="text/html")
        return self._send_back(subject, query["code_challenge"], query["state"])

    async def _login(self, request: web.BaseRequest) -> web.Response:
        form, query = await _read_form(request), request.query
        if form["name"] == UNKNOWN_NAME:
            return _redirect(f"{self.page}?{urlencode({'error': 'access_denied', 'state': query['state']})}")
        session = token_urlsafe()
        self.sessions[session] = form["name"]
        response = self._send_back(form["name"], query["code_challenge"], query["state"])
        response.set_cookie(COOKIE, session, httponly=True, samesite="Lax")
        return response

    def _send_back(self, subject: str, challenge: str, state: str) -> web.Response:
        code = token_urlsafe()
        self.grants[code] = Grant(subject, self.now() + 60, challenge)
        return _redirect(f"{self.page}?{urlencode({'code': code, 'state': state})}")

    async def _give_tokens(self, request: web.BaseRequest) -> web.Response:
        form, cors = await _read_form(request), {"Access-Control-Allow-Origin": self.page.rstrip("/")}
        assert form["client_id"] == CLIENT
        is_code = form["grant_type"] == "authorization_code"
        grant = self.grants.pop(form["code" if is_code else "refresh_token"], None)
        if grant is None or grant.ends_at <= self.now() or grant.challenge != _challenge(form.get("code_verifier")):
            self.refused.append(form["grant_type"])
            return web.json_response({"error": "invalid_grant"}, status=HTTPStatus.BAD_REQUEST, headers=cors)
        refresh = token_urlsafe()
        self.grants[refresh] = Grant(grant.subject, self.now() + SESSION_SECONDS)
        answer = {"access_token": self._sign(grant.subject), "refresh_token": refresh, "expires_in": TOKEN_SECONDS}
        return web.json_response({**answer, "token_type": "Bearer"}, headers=cors)

    def _sign(self, subject: str) -> str:
        claims = {"iss": self.origin, "sub": subject, "client_id": CLIENT, "token_use": "access", "scope": "openid"}
        groups = {"cognito:groups": self.groups[subject]} if subject in self.groups else {}
        return jwt.encode({**claims, **groups, "exp": self.now() + TOKEN_SECONDS}, self._key, algorithm="RS256")

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def _challenge(verifier: str | None) -> str:
    if verifier is None:
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _redirect(url: str) -> web.Response:
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": url})


async def _read_form(request: web.BaseRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((await request.read()).decode()).items()}
