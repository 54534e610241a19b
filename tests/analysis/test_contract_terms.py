"""The end of a contract follows from its first term where length and start are stated, and from nothing else."""

import pytest

from contract.job import DocumentType
from tests.analysis.analyzer_lab import apply_rules

_EFFECTIVE = (
    'This Supply Agreement (the "Agreement") is made as of March 1, 2030 (the "Effective Date") by and between '
    "Alder Mills Inc. and Brook Foods LLC.\n"
)
_SIGNING = (
    'This Supply Agreement (the "Agreement") is entered into on March 1, 2030 by and between Alder Mills Inc. and '
    "Brook Foods LLC.\n"
)


def expires(text: str) -> object:
    return apply_rules(DocumentType.CONTRACT, text).plain().get("expires")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (
            "The term of this Agreement shall begin on the Effective Date and continue for five (5) years thereafter.",
            2035,
        ),
        ("The initial term shall terminate on the date that is three (3) years after the Effective Date.", 2033),
        (
            "Unless terminated earlier, this Agreement shall expire on the second anniversary of the Effective Date.",
            2032,
        ),
        ('The term of this Agreement (the "Term") shall be for a period of ten (10) years from the date hereof.', 2040),
        ("This Agreement will have a three (3) year term.", 2033),
        ("Term. Twenty-four (24) months\nfrom the Effective Date.", 2032),
        ('"Term" means the period from the Effective Date expiring on the 4th anniversary thereof.', 2034),
        ("This Agreement shall begin on the date hereof and shall end five years (5) from such date.", 2035),
        ("This Agreement shall, unless ended as provided in Section 9.2, continue for seven (7) years.", 2037),
        ('This Agreement shall remain in effect for three years (the "Initial Term"), after which it renews.', 2033),
        ("The term shall extend from the Effective Date to the third (3rd) anniversary of the Effective Date.", 2033),
        ("The term of this Franchise shall be twenty (20) years, commencing on March 1, 2031.", 2051),
        ('The plant opens on March 1, 2031 (the "Start Date").\nThe term is two years from the Start Date.', 2033),
    ],
)
def test_a_stated_term_ends_on_the_day_of_the_same_number(text: str, end: int) -> None:
    assert expires(f"{_EFFECTIVE}{text}") == f"{end}-03-01"


@pytest.mark.parametrize(
    "text",
    [
        "This Agreement is for a term of 36 months from the Launch Date.",
        "This Agreement shall commence on the Launch Date and continue for two years.",
        "The term shall be ten (10) years commencing on the Commencement Date.",
        "This Agreement shall remain in force until the earlier of a sale and the fifth anniversary of its date.",
        "The confidentiality obligations of this Agreement shall continue for five (5) years.",
        "Supplier shall keep records during the term of this Agreement and for a period of two (2) years.",
        "This Agreement shall be renewed for one (1) year.",
        "This Agreement will automatically continue for one year from the Effective Date.",
        "This Agreement names a mill that shall remain for two years from the Effective Date.",
        "This Agreement names the mill, and the Supplier shall remain for one year from the Effective Date.",
        "The license shall remain in effect for two years from the Effective Date.",
        "The term of the escrow shall be two years from the Effective Date.",
        "This Agreement shall be in force for a minimum of two years.",
        "The term shall be two (3) years from the Effective Date.",
        "The term shall be for the first year from the Effective Date.",
        "The initial term is five years.\nThe term of this Agreement is six years.",
        "This Agreement shall be in effect for one and one-half years.",
        "This Agreement shall terminate on the second anniversary of the Effective Date if sales are below the target.",
        "If the Agreement continues for two years from the Effective Date, a fee is due.",
        "This Agreement shall continue for two years from the Effective Date or the season, whichever is longer.",
    ],
)
def test_a_length_that_is_not_that_of_the_first_term_has_no_end(text: str) -> None:
    assert expires(f"{_EFFECTIVE}{text}") is None


@pytest.mark.parametrize(
    ("text", "effective", "end"),
    [
        (
            "This Agreement shall be effective upon the date first written above for one year.",
            "2030-03-01",
            "2031-03-01",
        ),
        ("The initial term shall be for one (1) year from the date of its execution.", None, "2031-03-01"),
        ("The term is one year from the Effective Date.", None, "2031-03-01"),
        ("The term is one year.", None, None),
        ('"Effective Date" means the day of the closing.\nThe term is one year from the Effective Date.', None, None),
    ],
)
def test_the_day_on_which_a_contract_was_made_counts_where_the_contract_says_so(
    text: str, effective: str | None, end: str | None
) -> None:
    found = apply_rules(DocumentType.CONTRACT, f"{_SIGNING}{text}").plain()
    assert (found.get("effective"), found.get("expires")) == (effective, end)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("The Joint Venture shall be effective until February 28, 2034.", "2034-02-28"),
        ("The term shall begin January 1, 2031 and end December 31, 2033.", "2033-12-31"),
        ("Term shall mean the Effective Date through June 15, 2031.", "2031-06-15"),
        ("This Agreement is in effect from May 1, 2030 through May 1, 2032.", "2032-05-01"),
        ("Under this Agreement the option expires on May 1, 2032.", None),
        ("A party may terminate on May 1, 2032.", None),
        ("If this Agreement terminates on May 1, 2032, a fee is due.", None),
        ("The price of this Agreement holds for the year ending December 31, 2031.", None),
        (
            "This Agreement expires on May 1, 2032.\nThis Agreement expires on May 1, 2033.\nThe term is two years.",
            None,
        ),
    ],
)
def test_a_stated_end_counts_before_a_term(text: str, end: str | None) -> None:
    assert expires(f"{_EFFECTIVE}{text}") == end


def test_the_quote_of_a_computed_end_is_the_sentence_that_states_the_term() -> None:
    text = "Brook Foods pays. The term of this Agreement shall be\ntwo (2) years from the Effective Date. It renews."
    findings = apply_rules(DocumentType.CONTRACT, f"{_EFFECTIVE}{text}").findings
    end = next(one for one in findings if one.field == "expires")
    assert end.evidence.quote == "The term of this Agreement shall be two (2) years from the Effective Date"
