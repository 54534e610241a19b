"""Names of the standard library and of common packages, by the rule that they break in a body or in a step."""

from typing import Final

from .source import Name


def _split_names(text: str) -> tuple[Name, ...]:
    return tuple(tuple(word.split(".")) for word in text.split())


# A trailing dot stands for all names of a module.
_CLOCK: Final = _split_names(
    "time.time time.time_ns time.monotonic time.monotonic_ns time.perf_counter time.perf_counter_ns time.process_time"
    " time.localtime time.gmtime time.ctime time.strftime datetime.datetime.now datetime.datetime.utcnow"
    " datetime.datetime.today datetime.date.today"
)
_CHANCE: Final = _split_names(
    "random. secrets. numpy.random. os.urandom os.getrandom uuid.uuid1 uuid.uuid4 uuid.uuid6 uuid.uuid7 id hash"
)
_ENVIRONMENT: Final = _split_names(
    "os.getenv os.environ. os.getpid os.getcwd os.cpu_count os.process_cpu_count socket.gethostname platform. sys.argv."
    " locale. getpass."
)
_LOGS: Final = _split_names("print logging. warnings.warn durable.log_event durable.logs.log_event")
_IO: Final = _split_names(
    "open input requests. httpx. urllib.request. urllib3. http.client. aiohttp. boto3. botocore. socket. ssl."
    " subprocess. sqlite3. shutil. tempfile. smtplib. ftplib. psycopg. asyncpg. redis. obstore. os.listdir os.scandir"
    " os.walk os.stat os.remove os.unlink os.rename os.replace os.mkdir os.makedirs os.system os.open os.path.exists"
    " os.path.isfile os.path.isdir os.path.getsize"
)
_OTHER_WAITS: Final = _split_names(
    "asyncio.sleep asyncio.wait_for asyncio.timeout asyncio.timeout_at asyncio.create_task asyncio.ensure_future"
    " asyncio.wait asyncio.as_completed asyncio.to_thread asyncio.shield asyncio.get_event_loop"
    " asyncio.get_running_loop asyncio.TaskGroup asyncio.Queue asyncio.Event asyncio.Lock asyncio.Condition"
    " asyncio.Semaphore threading. concurrent.futures. multiprocessing. anyio. trio."
)
_BLOCKING: Final = _split_names(
    "time.sleep requests. urllib.request. urllib3. httpx.get httpx.post httpx.put httpx.patch httpx.delete httpx.head"
    " httpx.request httpx.stream httpx.Client subprocess.run subprocess.call subprocess.check_call"
    " subprocess.check_output os.system socket.create_connection socket.getaddrinfo socket.gethostbyname input"
    " psycopg.connect sqlite3.connect smtplib.SMTP smtplib.SMTP_SSL"
)

# In order: of a name that is in two of them, the first rule counts.
_IN_BODY: Final = (
    ("D01", _CLOCK),
    ("D02", _CHANCE),
    ("D04", _ENVIRONMENT),
    ("D18", _LOGS),
    ("D08", _split_names("time.sleep")),
    ("D12", _OTHER_WAITS),
    ("D03", _IO),
)
FILE_METHODS: Final = frozenset(
    method
    for (method,) in _split_names(
        "read_text read_bytes write_text write_bytes unlink mkdir rmdir iterdir rglob is_file"
    )
)
MUTATORS: Final = frozenset(
    method
    for (method,) in _split_names(
        "append extend insert remove pop popleft appendleft clear add discard update setdefault popitem sort reverse"
    )
)


def rule_in_body(name: Name) -> str | None:
    """Return the code of the rule that a call of this name breaks in a body."""
    return next((code for code, patterns in _IN_BODY if _is_among(name, patterns)), None)


def is_environment(name: Name) -> bool:
    """Whether a name, without a call, reads the environment."""
    return name in {("os", "environ"), ("sys", "argv")}


def is_chance_or_clock(name: Name) -> str | None:
    """Return the code of the rule that a function breaks which a body passes on for others to call."""
    return next((code for code, patterns in _IN_BODY[:2] if len(name) > 1 and _is_among(name, patterns)), None)


def is_blocking(name: Name) -> bool:
    """Whether a call of this name blocks the event loop."""
    return _is_among(name, _BLOCKING)


def _is_among(name: Name, patterns: tuple[Name, ...]) -> bool:
    return any(
        name == pattern or (not pattern[-1] and name[: len(pattern) - 1] == pattern[:-1]) for pattern in patterns
    )
