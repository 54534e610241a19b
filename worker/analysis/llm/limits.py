"""Limits of questions to a model: analyzers apply them, and cost estimates use them."""

from typing import Final

# Without a limit of ours, pydantic-ai streams from models whose limit it knows, which needs another permission.
MAX_ANSWER_TOKENS: Final = 4_096
TOKENS_PER_SECOND: Final = 25  # the speed of a slow model
ANSWER_SECONDS: Final = 180.0  # between two bytes of an answer: the longest takes 164 s
MAX_SUMMARY_CHARACTERS: Final = 2_000  # kept of the summary of a chunk
CONCURRENCY: Final = 4  # questions of a document: providers limit requests per minute, so more would only be throttled
