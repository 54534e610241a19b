"""Text that a scanner misread is told from text that was written in any script, and from tables of numbers."""

import pytest

from worker.documents.misread import seems_misread

CHINESE = "本合同由双方于二零二六年三月签订。 甲方应在收到发票后三十日内付款。 如有争议, 由北京仲裁委员会裁决。 "
JAPANESE = (
    "お支払いは 請求書の 発行日から 三十日以内に 銀行振込で お願い いたします。 手数料は 貴社の ご負担と なります。 "
)
RUSSIAN = "Оплата в течение 30 дней с даты счета и акта, а в случае спора — в суде г. Москвы и с учетом закона. "  # noqa: RUF001 Russian
TABLE = (
    "1 200 4.50 900.00\n2 35 12.00 420.00\n3 1 - 0.00 %\n4 7 1,250.00 8,750.00\n10,070.00 19 % 1,913.30 11,983.30 €\n"
)


@pytest.mark.parametrize(
    "text",
    [
        CHINESE * 3,
        JAPANESE * 3,
        RUSSIAN * 2,
        CHINESE * 3 + "ABC GmbH KG rtx PaJ,Qen Brk b c d f g h",
        TABLE * 4,
        "Pos Qty Price Sum\n" + TABLE * 4,
        "1 ..... 12\n2 ..... 34\n3 ..... 56\n4 ..... 78\n5 ..... 90\n",
        "2026-03-14 17:05 A1B2 +49 30 1234567 No. 77-4 03/14 12:00 8.8.8.8 2x4 10 20 30 40 50 60 70",
        "Page 3 of 12",
        "",
    ],
    ids=["Chinese", "Japanese", "Russian", "Latin words", "table", "heads", "dots", "codes", "few words", "empty"],
)  # fmt: skip
def test_written_text_is_kept(text: str) -> None:
    assert not seems_misread(text)


@pytest.mark.parametrize(
    "text",
    [
        ". . 20I5 1l1 : 3,805.07 :., 4 : 201 59.1 18.18 ;; 3% % 500 20 6 3 2 2016 4 6",
        "9 Nort h Buon a Vist a Driv e # 0 9 1 8 t r K n qx PaJ,Qen cTp D e vv",
    ],
    ids=["stray marks", "torn words"],
)
def test_noise_is_misread(text: str) -> None:
    assert seems_misread(text)
