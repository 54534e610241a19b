"""The Resonate wire protocol: typed requests, records and answers, and a client. It knows nothing of documents."""
