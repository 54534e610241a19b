"""Prepare the rules once for all children of a fork server; see worker/preloads.py."""

from contract.reading import PageText, TextSource

from .rule_analysis import FIELDS, RulesRequest, analyze_with_rules


def analyze_sample() -> None:
    """Analyze a short text by the rules of each type, so that their patterns are compiled."""
    page = PageText(number=1, text="Invoice 7\nTotal EUR 12.34\n1 May 2026", source=TextSource.TEXT_LAYER)
    for kind in FIELDS:
        analyze_with_rules(RulesRequest(kind=kind, pages=(page,)))
