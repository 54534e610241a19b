"""Scripts that every run plays: each once exposed a broken server, which few random scripts would.

What `test_random.py` prints when it fails can be added here as it is, with a name that says what it shows.
"""

SAVED_SCRIPTS = {
    "a task that ends together with what it awaits is not sent for": """[
["promise.create",{"id":"a","timeoutAt":2000000},1000000],
["task.create",{"pid":"p","ttl":5000000,"action":{"kind":"promise.create","head":{},"data":{"id":"b","timeoutAt":2000000,"param":{},"tags":{"resonate:target":"poll://any@g"}}}},1000000],
["task.suspend",{"id":"b","version":1,"actions":[{"kind":"promise.register_callback","head":{},"data":{"awaited":"a","awaiter":"b"}}]},1000000],
["debug.tick",{"time":2000000},2000000]
]""",
    "a refused suspend keeps what was ready": """[
["promise.create",{"id":"a","timeoutAt":2000000},1000000],
["promise.settle",{"id":"a","state":"resolved"},1000000],
["task.create",{"pid":"p","ttl":5000000,"action":{"kind":"promise.create","head":{},"data":{"id":"t","timeoutAt":2000000,"param":{},"tags":{"resonate:target":"poll://any@g"}}}},1000000],
["promise.register_callback",{"awaited":"a","awaiter":"t"},1000000],
["task.suspend",{"id":"t","version":1,"actions":[{"kind":"promise.register_callback","head":{},"data":{"awaited":"missing","awaiter":"t"}}]},1000000]
]""",
    "a callback on a settled promise does not count for a halted task": """[
["promise.create",{"id":"a","timeoutAt":1000500},1000000],
["promise.create",{"id":"t","timeoutAt":2000000,"tags":{"resonate:target":"poll://any@g"}},1000000],
["task.halt",{"id":"t"},1000000],
["promise.register_callback",{"awaited":"a","awaiter":"t"},1000500],
["task.continue",{"id":"t"},1000500]
]""",
}
