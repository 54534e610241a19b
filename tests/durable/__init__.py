"""The toolkit on the real SDK, against both servers, in worker processes that are really stopped and killed."""
