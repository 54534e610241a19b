"""Amazon Textract as an OCR engine."""
