"""The order of modules inside a room: a module imports modules of lower layers only, and none in a circle."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from .imports import imports_of

# Layers from the bottom up; a name is a module or a folder of the room. Names of one layer do not import each other,
# but modules of one folder may. `__init__.py` is a room's face, and stands above all.
LAYERS: Mapping[str, tuple[str, ...]] = {
    "durable": (
        "wire",
        "embedded",
        "call_ends clock errors known_promises limits logs preload run_trace sandbox signature step_events timer",
        "digests forked_child history job_logs permits promises retry payload deadline tracing",
        "callees fork_server fork_client",
        "run",
        "named_context",
        "attempts bodies",
        "batches children durable_retries scopes",
        "batch_parts steps workflows",
        "map_state",
        "map_slice",
        "chapters mapping polling races remotes saga server",
        "callbacks fanout",
        "runtime.whole_answers",
        "runtime.settings runtime.background runtime.health runtime.sse_reader runtime.sender",
        "runtime.function_errors runtime.replies runtime.failure_counts",
        "runtime.report runtime.server_clock runtime.task_check",
        "runtime.network runtime.parking runtime.leases runtime.core runtime.server_promises runtime.task_queue",
        "runtime.bridge runtime.cell_promises runtime.stream runtime.owners runtime.wire_network",
        "runtime.gate",
        "runtime.connection runtime.drain",
        "runtime.function_worker runtime.probe runtime.tracing_opener",
        "runtime.worker",
        "runtime.process",
        "lint replay",
        "testing",
        "command",
        "__main__",
    ),
    "durable/history": (
        "fields parking_notes",
        "operations",
        "explanations",
        "job_records",
    ),
    "durable/lint": (
        "problems rules source",
        "declarations exceptions patterns project",
        "context_calls",
        "body_checks step_checks",
        "checker",
    ),
    "durable/testing": (
        "refusals request_log virtual_clock",
        "servers step_bodies",
        "virtual_network stage",
        "virtual_worker",
        "worker_pool",
        "driver on_stack jobs effects certificate",
        "places",
        "workflow_test",
        "certifier",
        "plugin",
    ),
    "durable/replay": (
        "recording",
        "states",
        "differences",
        "recorded_effects",
        "replayer",
    ),
    "durable/wire": (
        "clock connection fields limits",
        "records",
        "errors messages requests envelope",
        "answers call_record function_calls reply roots",
        "transport",
        "client",
        "callbacks cells",
    ),
    "worker": (
        "durations",
        "adapters health preloads providers",
        "costs",
        "documents sources",
        "analysis webhooks",
        "steps",
        "workflows",
        "settings",
        "bootstrap",
        "__main__",
    ),
    "longhand_client": (
        "auth exchange",
        "errors",
        "driver endpoint sending webhooks",
        "polling",
        "batches decisions invocations jobs lists schedules uploads",
        "events job_actions",
        "methods",
        "async_client client",
    ),
    "keeper": (
        "clock errors logs settings",
        "database emf periodic_tasks server_probe",
        "outbox",
        "queries",
        "gauges history indexes proof resends wake_ups",
        "hosted laptop",
        "__main__",
    ),
    "keeper/queries": (
        "dialects figures port rows",
        "conditions",
        "statements walks",
        "counting",
        "sql_job_index",
        "http_api postgres sqlite tokens",
        "serving",
    ),
    "lambdas/trigger": (
        "caller file_addresses object_store request_hold settings",
        "gateway presigned_put progress_store",
        "errors",
        "problems",
        "erased event_log progress request",
        "ports promise_wait",
        "uploads",
        "cursors job_access job_cost keeper_client list_query manifest merged_numbers merged_rows",
        "document_types job_list numbers quotas",
        "submit",
        "status",
        "cancel create_job dry_run events invocations job_files questions records revoke_erase",
        "batch_request batch_status decision decision_page deliveries page_image process_document retry schedules",
        "approval_webhook batches decision_link inbox job_resource",
        "bootstrap routes",
        "handler inbox_handler",
    ),
}


def find_wrong_arrows(room: str, layers: tuple[str, ...], root: Path) -> list[str]:
    """Return each import that does not point to a lower layer, and each module without a layer."""
    heights = {name: height for height, names in enumerate(layers) for name in names.split()}
    found = []
    for importer, imports in _graph(room, root).items():
        own = _layer_name(importer, heights)
        if own is None:
            found.append(f"{importer} has no layer")
            continue
        for imported, line in imports:
            other = _layer_name(imported, heights)
            if other and other != own and heights[other] >= heights[own]:
                found.append(f"{importer}:{line} imports {imported}, which is not below it")
    return found


def find_circle(room: str, root: Path) -> list[str]:
    """Return modules that import each other in a circle, or nothing."""
    graph = {importer: [name for name, _ in imports] for importer, imports in _graph(room, root).items()}
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        circles = (visit(one, [*path, module]) for one in graph.get(module, ()))
        circle = next(filter(None, circles), [])
        done.add(module)
        return circle

    return next(filter(None, (visit(module, []) for module in graph)), [])


def _graph(room: str, root: Path) -> Mapping[str, list[tuple[str, int]]]:
    """Return for each module of a room, by its name within it, the modules of the room that it imports, with lines."""
    prefix = room.replace("/", ".") + "."
    return {
        _name_in_room(file, root / room): [
            (name.removeprefix(prefix), line) for name, line in imports_of(file, root) if name.startswith(prefix)
        ]
        for file in _modules(root / room)
    }


def _modules(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*.py")) if file.name != "__init__.py")


def _name_in_room(file: Path, folder: Path) -> str:
    return ".".join(file.relative_to(folder).with_suffix("").parts)


def _layer_name(module: str, heights: Mapping[str, int]) -> str | None:
    """Return the entry of the table for a module: its own, or that of the nearest folder."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in heights), None)
