"""A topic on the loopback address that takes notices as SNS does, or is away."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

from contract.notice import Notice
from tests.loopback import serve_http

ARN = "arn:aws:sns:eu-central-1:123456789012:jobs"
_TAKEN_XML = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>x</MessageId>'
    b"</PublishResult></PublishResponse>"
)
_AWAY_XML = (
    b"<ErrorResponse><Error><Type>Receiver</Type><Code>ServiceUnavailable</Code>"
    b"<Message>arn:aws:sns:eu-central-1:123456789012:jobs is away</Message></Error></ErrorResponse>"
)


@dataclass
class FakeTopic:
    """Keeps what was published, in order, also repetitions."""

    host: str = ""
    is_away: bool = False
    notices: list[Notice] = field(default_factory=list)
    refused: int = 0

    @property
    def environ(self) -> dict[str, str]:
        """The settings of a worker that sends its notices here."""
        return {"NOTIFY_URL": ARN}

    @property
    def aws_environ(self) -> dict[str, str]:
        """The variables by which AWS' library finds it."""
        keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
        return {"AWS_ENDPOINT_URL_SNS": f"http://{self.host}", **keys}

    @property
    def keys(self) -> list[str]:
        """The keys of the notices, sorted."""
        return sorted(notice.key for notice in self.notices)

    def publish(self, body: bytes) -> tuple[int, bytes]:
        """Take a notice, or refuse it while it is away."""
        if self.is_away:
            self.refused += 1
            return 503, _AWAY_XML
        self.notices.append(Notice.model_validate(json.loads(parse_qs(body.decode())["Message"][0])))
        return 200, _TAKEN_XML


@contextmanager
def serve_topic() -> Iterator[FakeTopic]:
    """Serve a topic until the block ends."""
    topic = FakeTopic()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Answer as the topic does."""
            status, content = topic.publish(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with serve_http(Handler) as topic.host:
        yield topic
