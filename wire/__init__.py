"""The Resonate wire protocol: typed requests, records and answers, and a client. It knows no documents."""
