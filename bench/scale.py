"""How much is measured: what the command line asked for. It says nothing of how a thing is measured."""

from dataclasses import dataclass

from worker.documents.choice import Choice, NotInstalled, Recognizer, choose


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How many of what; each subject takes what concerns it."""

    workflows: int = 30_000
    pages: int = 48
    recognizers: tuple[Recognizer, ...] = (Recognizer.RAPIDOCR, Recognizer.TESSERACT, Recognizer.MIXED)
    workers: tuple[int, ...] = (1, 2)

    def choices(self) -> list[Choice]:
        """Return who can read on this machine, in the order asked for; say who cannot."""
        found = []
        for recognizer in self.recognizers:
            try:
                found.append(choose(recognizer))
            except NotInstalled as exc:
                print(f"not measured: {exc}")
        return found
