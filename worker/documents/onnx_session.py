"""Open a neural network for a child process, which has one processor and little memory."""

from typing import Any


def open_session(content: bytes) -> Any:  # noqa: ANN401 the library has no types
    """Load a model."""
    import onnxruntime  # type: ignore[import-untyped] # noqa: PLC0415 see rapidocr.py

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False  # images of many sizes would have it reserve ever more
    # Its rules for quantized models would part the operators that it can join.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
