"""A model of Perch's shapes whose scores can be worked out by hand.

Embedding: mean square, mean magnitude, then 1,534 zeros.  Logit of a class: w0 * mean square + w1 * mean
magnitude + bias; the bias of all but a few classes is -20, a score of 2e-9.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DIMENSIONS, CLASSES, RATE, WINDOW_S = 1536, 14_795, 32_000, 5
BLACKBIRD, ROBIN, SPEECH = 7, 9, 11
NAMED = {BLACKBIRD: "Turdus merula", ROBIN: "Erithacus rubecula", SPEECH: "Speech"}
WEIGHTS = {BLACKBIRD: (8.0, -4.0, 0.0), ROBIN: (4.0, 0.0, 0.0), SPEECH: (0.0, 2.0, -1.0)}
"""class -> (w0, w1, bias)"""

DESCRIPTION = """\
id = "perch"
version = "2.0"
licence = "Apache-2.0"
commercial_use = true
file = "perch.onnx"
sample_rate_hz = 32000
window_s = 5.0

[input]
name = "inputs"
shape = ["batch", "samples"]

[scores]
output = "label"
activation = "sigmoid"

[labels]
file = "labels.csv"
column = "inat2024_fsd50k"

[embedding]
output = "embedding"
"""


def write_stand_in(folder: Path, *, samples: int = RATE * WINDOW_S) -> Path:
    """The description, its model and labels in ``folder``."""
    (folder / "perch.onnx").write_bytes(model_bytes(samples, CLASSES, WEIGHTS))
    names = [NAMED.get(index, f"Genus species{index}") for index in range(CLASSES)]
    (folder / "labels.csv").write_text("inat2024_fsd50k\n" + "\n".join(names) + "\n")
    path = folder / "perch.toml"
    path.write_text(DESCRIPTION)
    return path


def model_bytes(
    samples: int, classes: int, weights: Mapping[int, tuple[float, float, float]], bias: float = -20.0
) -> bytes:
    """The graph: four outputs, as Perch 2.0 has them."""
    head, offsets = np.zeros((2, classes), dtype=np.float32), np.full(classes, bias, dtype=np.float32)
    for index, (square, magnitude, offset) in weights.items():
        head[:, index], offsets[index] = (square, magnitude), offset
    constants = {
        "head": head,
        "offsets": offsets,
        "axis": np.array([1]),
        "padding": np.array([0, 0, 0, DIMENSIONS - 2]),
        "places": np.array([1, 2]),
        "spatial": np.array([1, 16, 4, DIMENSIONS]),
        "frames": np.array([1, 500, 128]),
    }
    nodes = [
        helper.make_node("Mul", ["inputs", "inputs"], ["squares"]),
        helper.make_node("Abs", ["inputs"], ["magnitudes"]),
        helper.make_node("ReduceMean", ["squares", "axis"], ["square"], keepdims=1),
        helper.make_node("ReduceMean", ["magnitudes", "axis"], ["magnitude"], keepdims=1),
        helper.make_node("Concat", ["square", "magnitude"], ["features"], axis=1),
        helper.make_node("Pad", ["features", "padding"], ["embedding"]),
        helper.make_node("MatMul", ["features", "head"], ["products"]),
        helper.make_node("Add", ["products", "offsets"], ["label"]),
        helper.make_node("Unsqueeze", ["embedding", "places"], ["deep"]),
        helper.make_node("Expand", ["deep", "spatial"], ["spatial_embedding"]),
        helper.make_node("Unsqueeze", ["square", "axis"], ["high"]),
        helper.make_node("Expand", ["high", "frames"], ["spectrogram"]),
    ]
    outputs = {
        "embedding": ["batch", DIMENSIONS],
        "spatial_embedding": ["batch", 16, 4, DIMENSIONS],
        "spectrogram": ["batch", 500, 128],
        "label": ["batch", classes],
    }
    graph = helper.make_graph(
        nodes,
        "stand-in",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["batch", samples])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return model.SerializeToString()
