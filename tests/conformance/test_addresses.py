"""Which addresses are valid for messages, and which are not.

The real server reads addresses as URLs, as the WHATWG standard has them. International domain names are only tried,
not covered: their rules are a book of their own.
"""

import pytest

from .protocol_client import Client
from .requests import create, fence, listen, take

POLL = [
    *("poll://any@g", "poll://uni@g/p", "poll://any@g/p", "poll://uni@g", "POLL://any@g", "Poll://any@g"),
    *("poll://any@g/", "poll://any@g//", "poll://any@g/a/b", "poll://any@g/a b", "poll://any@g?x", "poll://any@g#x"),
    *("poll://any@g/p?x#y", "poll://any:pw@g", "poll://any:@g"),
    *(
        "poll://any@g:",
        "poll://any@g:80",
        "poll://any@g:080",
        "poll://any@g:65535",
        "poll://any@g:" + "0" * 5_000 + "1",
    ),
    *(" poll://any@g ", "\tpoll://any@g\n", "po\tll://any@g", "poll://a\nny@g", "\0poll://any@g\x1f"),  # blanks go
    *("poll://any@.", "poll://any@..", "poll://any@-", "poll://any@_", "poll://any@*", "poll://any@g."),
    *("poll://any@g,h", "poll://any@g;h", "poll://any@g&h", "poll://any@g=h", "poll://any@g+h", "poll://any@g~h"),
    *("poll://any@$g", "poll://any@!g", "poll://any@(g)", "poll://any@g'x", 'poll://any@g"x', "poll://any@g`x"),
    *("poll://any@g{x}", "poll://any@g%", "poll://any@g%20", "poll://any@g%zz", "poll://any@%00"),
    *("poll://any@g\x7f", "poll://any@g\x01", "poll://any@g\0", "poll://any@gé", "poll://any@\N{GRINNING FACE}"),
    *("poll://any@[::1]", "poll://any@[::1]/p", "poll://any@[::1.2.3.4]", "poll://any@1.2.3.4", "poll://any@999.1.1.1"),
    *("poll://any@" + "g" * 3_000, "poll://any@g/" + "p" * 100_000),
]
HTTP = [
    *("http://h", "https://h/x", "HTTP://H", "http:h", "https:h", "http:/h", "http:///h", "http:\\\\h", "http://h\\x"),
    *("http://h:", "http://h:65535", "http://localhost", "http://[::1]/", "http://[::]:8080/x"),
    *("http://u:p@h", "http://@h", "http://:@h", "http://u@v@h", "http://h?x", "http://h#x", "http://h/%zz"),
    *("http://h\tx", "http://h%41", "http://h%2ecom"),
    *("http://-a.b", "http://a-.b", "http://a_b", "http://*.b", "http://a..b", "http://.a", "http://a.", "http://."),
    *("http://..", "http://a.b..", "http://a`b", "http://a{b", 'http://a"b', "http://a'b", "http://a,b", "http://a!b"),
    *("http://a$b", "http://a&b", "http://a(b", "http://a;b", "http://a=b", "http://a+b", "http://a~b"),
    *("http://" + "a" * 64, "http://" + "a." * 130 + "com", "http://" + "a" * 300),
    # Four numbers, or fewer of which the last is longer, in any base.
    *("http://1.2.3", "http://1.2.3.4.", "http://1.2.3.4..", "http://256", "http://4294967295", "http://1.2.65535"),
    *("http://0x", "http://0x7f.1", "http://0xg", "http://a.0xz", "http://1.a", "http://\N{FULLWIDTH DIGIT ONE}.2.3.4"),
]
INTERNATIONAL = [
    *("http://%c3%a9", "http://é", "http://faß.de", "http://\N{SNOWMAN}.net", "http://xn--n3h", "http://" + "é" * 70),
    *("http://a\N{SOFT HYPHEN}b", "http://a\N{FULLWIDTH FULL STOP}b", "http://\N{IDEOGRAPHIC FULL STOP}"),
]
GCPS = ["gcps://p/t", "GCPS://p/t", "gcps://p/t/u", "gcps://u@p/t", "gcps://p:1/t", "gcps://p//"]
BASH = ["bash://", "bash:", "BASH:", "bash:x", "bash:/", "bash:///x", "bash://docker/i", "bash:\0"]
BASH += ["bash: x", "bash:x y", "bash:é"]

NO_POLL = [
    *("poll://any@", "poll://any@:80", "poll://any@/g", "poll://any@//g", "poll:///x", "poll://any@?x"),
    *("poll:any@g", "poll:/any@g", "poll:////any@g", "poll:\\\\any@g", "poll//any@g", "poll ://any@g", "poll", "poll:"),
    *("poll://g", "poll://@g", "poll://x@g", "poll://ANY@g", "poll://Uni@g", "poll://:any@g"),  # neither any nor uni
    *("poll://any@any@g", "poll://a@ny@g", "poll://any%40@g", "poll://%61ny@g", "poll://any @g", "poll:// any@g"),
    *("poll://any\\@g", "poll://any/@g", "poll://any@?x@g", "poll://any@#x"),
    *("poll://any@g:x", "poll://any@g:-1", "poll://any@g:65536", "poll://any@g:99999", "poll://any@g:" + "9" * 5_000),
    *("poll://any@g:\N{ARABIC-INDIC DIGIT FIVE}",),
    *("poll://any@g g", "poll://any@g^", "poll://any@g|x", "poll://any@g\\x", "poll://any@<g>", "poll://any@\0"),
    *("poll://any@[x", "poll://any@[]", "poll://any@[::1]x", "poll://any@[1.2.3.4]", "poll://any@[fe80::1%25eth0]"),
    *("polls://any@g", "poll+x://any@g", "1poll://any@g", "any@g"),
]
NO_HTTP = [
    *("http", "http://", "https:", "https://", "http://:80", "http://?x", "http://u@", "http://h:x", "http://h:65536"),
    *("http://h:\N{ARABIC-INDIC DIGIT FIVE}", "http://h:" + "9" * 5_000),
    *("http://a b", "http://a<b", "http://a>b", "http://a|b", "http://a^b", "http://a\x7fb", "http\0://h"),
    *("http://h%", "http://h%zz", "http://%", "http://%2f", "http://%20", "http://%00", "http://%e9"),
    *("http://[::1", "http://[1::2::3]", "http://[12345::]", "http://[::1%1]"),
    *("http://999.1.1.1", "http://1.2.3.4.5", "http://4294967296", "http://1.2.3.256", "http://1.2.65536"),
    *("http://1..2", "http://1.2.3.0x100", "http://1.2.3.08", "http://09", "http://a.1", "http://a.0x1"),
    *("httpx://h", "http+unix://h"),
]
NO_INTERNATIONAL = [
    *("http://\N{SOFT HYPHEN}", "http://\N{ZERO WIDTH JOINER}", "http://\N{ACCOUNT OF}.com", "http://\ufdd0"),
    *("http://\N{COMBINING ACUTE ACCENT}a", "http://xn--", "http://xn--zzzzzzzzz"),
]
NO_GCPS = ["gcps://p", "gcps://p/", "gcps:///t", "gcps:p/t", "gcps://p/?x", "gcps://p?x", "gcps://p/ ", "gcps://p t/x"]
NO_GCPS += ["gcps://p/.", "gcps://p/..", "gcps://p/./", "gcps://p/%2e", "gcps://p/a/.."]  # dots lead to no topic
NO_BASH = ["bash", "bash://x y", "bash://[", "bash://a^b", "bash://a@", "bash://:80", "bash://h:x", "bash://h:99999"]
NO_ADDRESS = [
    *(" ", "x", "\0", ":", "://", "/x", "//h/x", "?x", "#x", "default", "é://any@g"),
    *("ftp://h", "ws://h", "unix:/x", "file:///x", "mailto:x", "data:,x", "javascript:x", "about:blank"),
]
VALID_ADDRESSES = POLL + HTTP + INTERNATIONAL + GCPS + BASH
INVALID_ADDRESSES = NO_POLL + NO_HTTP + NO_INTERNATIONAL + NO_GCPS + NO_BASH + NO_ADDRESS


@pytest.mark.parametrize("address", VALID_ADDRESSES, ids=lambda address: ascii(address)[:50])
def test_an_address_is_kept_as_it_was_written(ask: Client, address: str) -> None:
    """For a promise's target and for a listener."""
    ask.send_all(create("a", target=address), listen("a", address))
    assert ask.promise(create("a")).tags == {"resonate:target": address}
    assert ask.outbox()[0][0] == address
    assert ask.state().listeners[0].address == address


@pytest.mark.parametrize("address", INVALID_ADDRESSES, ids=lambda address: ascii(address)[:50])
def test_an_invalid_address_is_refused_wherever_one_is_named(ask: Client, address: str) -> None:
    """For a promise's target, alone, with its task or under a fence, and for a listener."""
    ask.send_all(take(create("t", target=POLL[0])))
    before = ask.state()
    for call in (
        create("a", target=address),
        take(create("a", target=address)),
        fence("t", 1, create("a", target=address)),
        listen("t", address),
    ):
        assert ask.status(call) == 400
    assert ask.state() == before


def test_an_empty_target_is_no_target(ask: Client) -> None:
    """The tag is kept, but the address is invalid."""
    assert ask.status(create("a", target="")) == 400
    assert ask.status(listen("a", "")) == 400
