"""The HTTP API: POST /process-document records a job durably, GET /status/<jobId> reads it back.

It never runs the workflow and never imports the SDK: it speaks the wire protocol, starts in a fraction of the time,
and never unpickles what it reads.
"""
