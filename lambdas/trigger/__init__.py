"""The HTTP API: POST /process-document records a job durably, GET /status/<jobId> reads its state.

It runs no workflow. It speaks the wire protocol without the SDK, so that it starts in a fraction of the time and never
unpickles data.
"""
