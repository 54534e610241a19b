"""A model's answer piece by piece: the same result, and its text for the events. Both in both protocols."""

import json
from dataclasses import replace

import pytest

from tests.analysis.analyzer_lab import INVOICE, AnalyzerLab, answer_correctly, values_by_field
from tests.analysis.provider import Form, ModelRequest, RawReply, Refusal, Reply
from worker.analysis.llm.text_feed import TextFeed, feed_text

FORM = answer_correctly(ModelRequest("", {}, {}))


@pytest.fixture
def lab(lab: AnalyzerLab) -> AnalyzerLab:
    return replace(lab, streams=True)


class Told:
    """The texts that were passed on, by the number of their answer."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}

    def __call__(self, text: str, answer: int) -> None:
        self.texts[answer] = self.texts.get(answer, "") + text

    @property
    def forms(self) -> list[Form]:
        return [json.loads(text) for text in self.texts.values()]


def are_streamed(lab: AnalyzerLab) -> list[bool]:
    return [request.is_streamed for request in lab.provider.requests]


def test_the_text_of_an_answer_is_passed_on_and_the_result_is_the_same(lab: AnalyzerLab) -> None:
    told = Told()
    with feed_text(told):
        streamed = lab.analyze(INVOICE)
    assert told.forms == [FORM]
    assert are_streamed(lab) == [True]
    assert streamed.model_answers
    assert (streamed.usage.input_tokens, streamed.usage.output_tokens) == (100, 20)
    assert values_by_field(streamed) == {"vendor": "Halden Instruments GmbH", "date": "2026-03-14", "amount": 1234.5}


@pytest.mark.parametrize("is_on", [True, False])
def test_without_a_feed_or_the_setting_no_answer_is_streamed(lab: AnalyzerLab, *, is_on: bool) -> None:
    if is_on:
        lab.analyze(INVOICE)
    else:
        with feed_text(Told()):
            replace(lab, streams=False).analyze(INVOICE)
    assert are_streamed(lab) == [False]


def test_an_answer_that_breaks_off_is_asked_for_again_under_another_number(lab: AnalyzerLab) -> None:
    replies: list[Reply] = [RawReply("", "record", FORM, is_broken_off=True), FORM]
    lab.provider.answer = lambda _: replies.pop(0)
    told = Told()
    with feed_text(told):
        assert values_by_field(lab.analyze(INVOICE))["amount"] == 1234.5
    assert [*told.texts] == [1, 2]
    assert json.loads(told.texts[2]) == FORM
    assert json.dumps(FORM).startswith(told.texts[1])


def test_a_provider_that_refuses_to_stream_is_asked_without(lab: AnalyzerLab) -> None:
    def answer(request: ModelRequest) -> Reply:
        return Refusal(400, "ValidationException", "no stream") if request.is_streamed else FORM

    lab.provider.answer = answer
    told = Told()
    with feed_text(told):
        assert values_by_field(lab.analyze(INVOICE, INVOICE, max_characters=len(INVOICE)))["amount"] == 1234.5
    assert told.texts == {}
    assert are_streamed(lab).count(True) == 1


def test_the_error_of_a_provider_that_refuses_all_is_the_same(lab: AnalyzerLab) -> None:
    with feed_text(Told()):
        error = lab.analyze_with_error(Refusal(403, "AccessDeniedException"))
    assert (error.code, error.retry) == ("analyzer_refused", False)
    assert are_streamed(lab) == [True, False]


def test_a_stream_without_usage_counts_as_the_most_that_it_can_have_taken(lab: AnalyzerLab) -> None:
    lab.provider.answer = lambda _: RawReply("", "record", FORM, has_usage=False)
    with feed_text(Told()):
        usage = lab.analyze(INVOICE).usage
    assert usage.input_tokens > 500
    assert usage.output_tokens == 4_096


def test_of_several_answers_at_a_time_one_is_passed_on(lab: AnalyzerLab) -> None:
    told = Told()
    with feed_text(told):
        lab.analyze(*[f"{INVOICE} {number}" for number in range(4)], max_characters=len(INVOICE) + 2)
    assert set(are_streamed(lab)) == {True, False}
    assert all(form.keys() >= {"summary"} for form in told.forms)


def test_an_answer_in_plain_text_is_passed_on_and_is_no_form(lab: AnalyzerLab) -> None:
    told = Told()
    with feed_text(told):
        error = lab.analyze_with_error(RawReply("Hello, I am a model, and I fill in no form."))
    assert error.code == "analyzer_answer_unusable"
    assert told.texts[1] == "Hello, I am a model, and I fill in no form."


def test_a_piece_is_passed_on_once_a_second_and_the_rest_at_the_end() -> None:
    now, told = [0.0], list[str]()
    feed = TextFeed(lambda text, _: told.append(text), lambda: now[0])
    with feed.open_answer() as is_free:
        assert is_free
        for second in range(10):
            now[0] = second / 4
            feed.add(str(second))
        with feed.open_answer() as is_free_again:
            assert not is_free_again
    assert told == ["01234", "5678", "9"]


def test_a_listener_that_fails_does_not_fail_the_answer(lab: AnalyzerLab, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: str, __: int) -> None:
        raise OSError("the disk is full")

    with feed_text(fail):
        assert values_by_field(lab.analyze(INVOICE))["amount"] == 1234.5
    assert "could not be passed on" in caplog.text
