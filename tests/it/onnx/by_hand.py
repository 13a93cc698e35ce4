"""Adds files made node by node to the ONNX files of this folder, and to `expected.json`: means that leave
the padding out, last windows that are not full, constants that differ from place to place; and files that
are refused. Needs numpy, onnx, onnxruntime.
"""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(5)
expected = {}
# As exporters write it out.
PLAIN = {"strides": [1, 1], "dilations": [1, 1], "pads": [0, 0, 0, 0]}


def keep(name, shape, nodes, weights, opset=17, outputs=3, metadata=()):
    """A file of these nodes, from `x` to `y`, with inputs and what ONNX Runtime gives for them."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", outputs])
    constants = [numpy_helper.from_array(np.asarray(w), key) for key, w in weights.items()]
    graph = helper.make_graph(nodes, name, [x], [y], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, here / name)
    session = onnxruntime.InferenceSession(str(here / name))
    fed_inputs, given = [], []
    for _ in range(3):
        fed = rng.normal(size=[1, *shape]).astype(np.float32)
        fed_inputs.append([round(float(v), 7) for v in fed.ravel()])
        given.append([float(v) for v in session.run(None, {"x": fed})[0][0]])
    expected[name] = {"end": "none", "inputs": fed_inputs, "outputs": given}


def floats(*shape):
    return rng.normal(0, 0.3, size=shape).astype(np.float32)


def pooled(name, shape, values, opset=17, op="AveragePool", **pool):
    """A convolution, a pooling, a function and a dense layer on `values` values."""
    keep(name, shape, [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="/conv", **PLAIN),
        helper.make_node(op, ["c"], ["p"], name="/pool", **pool),
        helper.make_node("Relu", ["p"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("Gemm", ["f", "v"], ["y"]),
    ], {"w": floats(2, shape[0], 3, 3), "b": floats(2), "v": floats(values, 3)}, opset)


# nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
pooled("pool_uncounted.onnx", [1, 8, 8], 18, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
# keras.layers.AveragePooling2D(3, 2, padding="same")
pooled("pool_same.onnx", [2, 9, 8], 24, opset=11, kernel_shape=[3, 2], strides=[2, 2],
       auto_pad="SAME_UPPER")
# nn.AvgPool2d(3, stride=2, ceil_mode=True), without padding and with padding that counts or does not
pooled("pool_ceil.onnx", [1, 8, 10], 24, opset=22, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
pooled("pool_ceil_counted.onnx", [1, 8, 9], 24, opset=22, kernel_shape=[3, 2], strides=[3, 2],
       pads=[1, 1, 1, 1], ceil_mode=1, count_include_pad=1)
pooled("pool_ceil_uncounted.onnx", [1, 9, 8], 24, opset=22, kernel_shape=[2, 3], strides=[2, 3],
       pads=[1, 1, 1, 1], ceil_mode=1)
# nn.MaxPool2d(3, stride=2, ceil_mode=True)
pooled("max_pool_ceil.onnx", [1, 8, 10], 24, op="MaxPool", kernel_shape=[3, 3], strides=[2, 2],
       ceil_mode=1)
# One for pictures of the size of the digits, with squares, to be run encrypted.
keep("pool_digits.onnx", [1, 8, 8], [
    helper.make_node("AveragePool", ["x"], ["p"], name="/pool", kernel_shape=[3, 3], strides=[2, 2],
                     pads=[1, 1, 1, 1]),
    helper.make_node("Flatten", ["p"], ["f"]),
    helper.make_node("Gemm", ["f", "w", "b"], ["g"]),
    helper.make_node("Mul", ["g", "g"], ["s"]),
    helper.make_node("Gemm", ["s", "v"], ["y"]),
], {"w": floats(16, 6), "b": floats(6), "v": floats(6, 10)}, outputs=10, metadata={
    "offset": "0", "scale": "16", "classes": json.dumps([str(c) for c in range(10)])})
# A picture that is taken away, and a weight for each place of every channel.
keep("by_place.onnx", [1, 5, 4], [
    helper.make_node("Sub", ["x", "mean"], ["d"]),
    helper.make_node("Conv", ["d", "w"], ["c"], **PLAIN),
    helper.make_node("Mul", ["c", "by"], ["m"]),
    helper.make_node("Add", ["m", "more"], ["a"]),
    helper.make_node("Relu", ["a"], ["r"]),
    helper.make_node("Flatten", ["r"], ["f"]),
    helper.make_node("Gemm", ["f", "v"], ["y"]),
], {"mean": floats(1, 5, 4), "w": floats(3, 1, 2, 2), "by": floats(1, 3, 4, 3), "more": floats(3, 4, 3),
    "v": floats(36, 3)})


def refused(name, node, constant):
    """A file with this node, which is none that can be computed."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 6])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    constants = [numpy_helper.from_array(np.asarray(constant), "c"),
                 numpy_helper.from_array(floats(6, 3), "w")]
    dense = helper.make_node("Gemm", ["z", "w"], ["y"])
    graph = helper.make_graph([node, dense], name, [x], [y], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, here / "refused" / name)


refused("divided_by_zero.onnx", helper.make_node("Div", ["x", "c"], ["z"], name="/scale/Div"), np.float32(0))
refused("divided_by_zeros.onnx", helper.make_node("Div", ["x", "c"], ["z"], name="/scale/Div"),
        np.array([1, 2, 0, 4, 5, 6], np.float32))
refused("reshape.onnx", helper.make_node("Reshape", ["x", "c"], ["z"], name="/view/Reshape"),
        np.array([-5, 6], np.int64))

path = here / "expected.json"
known = json.loads(path.read_text())
known.update(expected)
path.write_text(json.dumps(known, indent=0) + "\n")
print(len(expected), "files")
