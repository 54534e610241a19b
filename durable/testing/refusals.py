"""What a test cannot do on a deployed stack. The module imports nothing: the pytest plugin loads it in every run."""


class NotOnStackError(Exception):
    """The test needs something that only a stage of its own has; the pytest plugin skips the test with this text."""

    def __init__(self, wish: str) -> None:
        super().__init__(f"{wish} cannot be done on a deployed stack: run this test without --stack")
