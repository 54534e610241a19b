"""Amazon Textract: recognition that AWS does, page by page or of a whole document that lies in S3."""
