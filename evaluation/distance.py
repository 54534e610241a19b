"""Measure the difference of two texts: edit distance by Myers's bit-parallel algorithm, and the share of words found.

Whole rows of the table are bits of one large number, so a page of three thousand characters takes milliseconds.
"""

from collections import Counter, defaultdict


def distance(one: str, other: str) -> int:
    """Return how many characters must be inserted, deleted or replaced."""
    if not one or not other:
        return len(one) + len(other)
    places: defaultdict[str, int] = defaultdict(int)
    for at, character in enumerate(one):
        places[character] |= 1 << at
    last, mask = 1 << len(one) - 1, (1 << len(one)) - 1
    up, down, score = mask, 0, len(one)  # steps of +1 and of -1 from one row to the next
    for character in other:
        here = places.get(character, 0)
        level = (((here & up) + up) ^ up) | here | down
        right, left = down | ~(level | up) & mask, up & level
        score += bool(right & last) - bool(left & last)
        right = right << 1 & mask | 1
        up, down = left << 1 & mask | ~(level | right) & mask, right & level
    return score


def error_rate(read: str, truth: str) -> float:
    """Return the share of characters that are wrong. Any run of blanks counts as one."""
    one, other = " ".join(read.split()), " ".join(truth.split())
    return distance(one, other) / max(len(other), 1)


def word_recall(read: str, truth: str) -> float:
    """Return the share of words that were read exactly, in any order."""
    there, wanted = Counter(read.split()), Counter(truth.split())
    return sum((there & wanted).values()) / max(sum(wanted.values()), 1)


def likeness(one: str, other: str) -> float:
    """Return the similarity, from 0 (nothing in common) to 1 (equal)."""
    return 1 - distance(one, other) / max(len(one), len(other), 1)
