"""Load the libraries that open documents, once for all children of a fork server; see worker/preloads.py."""

from typing import Final

import docx  # noqa: F401 loaded for the children
import pypdfium2  # type: ignore[import-untyped] # it has no types
from PIL import Image

from .einvoice import read_invoice
from .pdf import Pdf

_SAMPLE: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj "
    b"4 0 obj<</Length 49>>stream\nBT /F1 12 Tf 72 720 Td (Total EUR 12.34) Tj ET\n  \nendstream "
    b"endobj 5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)


def read_sample() -> None:
    """Read a page, so that what libraries prepare at their first use is prepared."""
    read_invoice(b"<Invoice/>")  # loads its parser
    Image.init()  # or opening a TIFF would look for every decoder
    pdf = Pdf(pypdfium2.PdfDocument(_SAMPLE), repaired=False)
    assert pdf.text(1) == " ".join(word.text for word in pdf.words(1))
    pdf.document.close()
