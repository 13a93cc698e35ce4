"""Makes the ONNX files of this folder and `expected.json`: for each file a few inputs and what ONNX
Runtime gives for them. Needs torch, onnx, onnxscript, onnxruntime, scikit-learn, skl2onnx:

    pip install torch onnx onnxscript onnxruntime scikit-learn skl2onnx
    python tests/it/onnx/generate.py
    python tests/it/onnx/residual.py
    python tests/it/onnx/by_hand.py

The second script adds the networks with skip connections, the third what is made node by node.
"""

import json

import numpy as np
import onnx
import torch
from exporting import expected, here, keep, rng, torch_file
from onnx import TensorProto, helper, numpy_helper
from torch import nn


class View(nn.Module):
    """A convolution, then `view` with the size of the batch computed in the graph."""

    def __init__(self):
        super().__init__()
        self.conv, self.dense = nn.Conv2d(1, 2, 3, stride=2), nn.Linear(18, 3)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        return self.dense(x.view(x.size(0), -1))


class Own(nn.Module):
    """Layers with a function of single values between them."""

    def __init__(self, function):
        super().__init__()
        self.first, self.last, self.function = nn.Linear(6, 5), nn.Linear(5, 3), function

    def forward(self, x):
        return self.last(self.function(self.first(x)))


class Normalised(nn.Module):
    """Normalises its inputs itself."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.1, -0.2, 0.3, 0.0]))
        self.register_buffer("deviation", torch.tensor([0.5, 2.0, 1.5, 1.0]))
        self.net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))

    def forward(self, x):
        return self.net((x - self.mean) / self.deviation)


def mlp():
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))


def cnn(pool=True):
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(),
        nn.AvgPool2d(2) if pool else nn.Identity(),
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 3))


# PyTorch, by both exporters and at many operator sets.
for opset in [7, 9, 11, 13, 14, 15, 16, 17]:
    torch_file(f"mlp_opset{opset}.onnx", mlp(), [6], opset)
for opset in [9, 11, 13, 17]:
    torch_file(f"cnn_opset{opset}.onnx", cnn(), [1, 8, 8], opset)
for opset in [18, 20, 21, 23]:
    torch_file(f"mlp_dynamo{opset}.onnx", mlp(), [6], opset, dynamo=True)
    torch_file(f"cnn_dynamo{opset}.onnx", cnn(), [1, 8, 8], opset, dynamo=True)
torch_file("view.onnx", View(), [1, 8, 8])
torch_file("view_dynamo.onnx", View(), [1, 8, 8], 18, dynamo=True)
torch_file("fixed_batch.onnx", View(), [1, 8, 8], dynamic=False)
torch_file("depthwise.onnx", nn.Sequential(
    nn.Conv2d(2, 4, 3, groups=2), nn.ReLU(), nn.Conv2d(4, 4, (1, 2), stride=(2, 1), groups=4),
    nn.Flatten(), nn.Linear(48, 3)), [2, 8, 7])
torch_file("softmax.onnx", nn.Sequential(mlp(), nn.Softmax(1)), [6], end="softmax")
torch_file("log_softmax.onnx", nn.Sequential(mlp(), nn.LogSoftmax(1)), [6], end="log_softmax")
torch_file("one_output.onnx", nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid()),
           [6], end="sigmoid")
torch_file("batch_norm_1d.onnx", nn.Sequential(
    nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Sigmoid(), nn.Linear(5, 3)), [6])
torch_file("normalised.onnx", Normalised(), [4])
torch_file("names.onnx", mlp(), [6], metadata={
    "classes": '["red", "green", "blue"]', "offset": "[1, 2, 3, 4, 5, 6]", "scale": "2"})
for name, function in {
    "square": lambda x: x * x,
    "polynomial": lambda x: 0.1 * x ** 2 + 0.5 * x + 0.25,
    "cubic": lambda x: 0.5 + x * (0.25 - 0.02 * x * x),
    "silu": nn.SiLU(),
    "gelu": nn.GELU(),
    "gelu_tanh": nn.GELU(approximate="tanh"),
    "leaky": nn.LeakyReLU(0.1),
    "prelu": nn.PReLU(),
    "softplus": nn.Softplus(),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "dropout": nn.Sequential(nn.ReLU(), nn.Dropout(0.5)),
}.items():
    torch_file(f"{name}.onnx", Own(function), [6])

# Weights of other types, and beside the file.
model = onnx.load(here / "mlp_opset17.onnx")
nodes = []
for tensor in model.graph.initializer:
    values = numpy_helper.to_array(tensor)
    half = numpy_helper.from_array(values.astype(np.float16), tensor.name + "_half")
    tensor.CopyFrom(half)
    nodes.append(helper.make_node("Cast", [half.name], [half.name[:-5]], to=TensorProto.FLOAT))
for node in reversed(nodes):
    model.graph.node.insert(0, node)
onnx.save(model, here / "half.onnx")
keep("half.onnx", [6])

x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])
weight = numpy_helper.from_array(rng.integers(-127, 127, size=[4, 3]).astype(np.int8), "w_int8")
scale = numpy_helper.from_array(np.array([0.01, 0.02, 0.03], np.float32), "scale")
zero = numpy_helper.from_array(np.zeros(3, np.int8), "zero")
bias = numpy_helper.from_array(np.array([0.1, 0.2, 0.3], np.float32), "bias")
graph = helper.make_graph([
    helper.make_node("DequantizeLinear", ["w_int8", "scale", "zero"], ["w"], axis=1),
    helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Add", ["m", "bias"], ["y"]),
], "int8", [x], [y], [weight, scale, zero, bias])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9),
          here / "int8.onnx")
keep("int8.onnx", [4])

model = onnx.load(here / "cnn_opset17.onnx")
(here / "beside.onnx.data").unlink(missing_ok=True)
onnx.save(model, here / "beside.onnx", save_as_external_data=True, location="beside.onnx.data",
          size_threshold=0)
keep("beside.onnx", [1, 8, 8])

# Rows, columns, channels, as Keras has pictures and tf2onnx writes them.
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 6, 6, 3])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 4])
floats = lambda name, *shape: numpy_helper.from_array(
    rng.normal(0, 0.3, size=shape).astype(np.float32), name)
graph = helper.make_graph([
    helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
    helper.make_node("Conv", ["t", "k", "kb"], ["c"], auto_pad="SAME_UPPER", strides=[2, 2]),
    helper.make_node("Relu", ["c"], ["r"]),
    helper.make_node("Transpose", ["r"], ["u"], perm=[0, 2, 3, 1]),
    helper.make_node("Reshape", ["u", "shape"], ["f"]),
    helper.make_node("MatMul", ["f", "w"], ["m"]), helper.make_node("Add", ["m", "b"], ["y"]),
], "channels last", [x], [y], [
    floats("k", 5, 3, 3, 3), floats("kb", 5), floats("w", 45, 4), floats("b", 4),
    numpy_helper.from_array(np.array([-1, 45], np.int64), "shape")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8),
          here / "channels_last.onnx")
keep("channels_last.onnx", [6, 6, 3])

# scikit-learn.
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = rng.normal(size=[200, 4]).astype(np.float32)
three = np.digitize(data.sum(axis=1), [-1, 1])
two = (data.sum(axis=1) > 0).astype(int)
for name, model, target in [
    ("sklearn_mlp", MLPClassifier([6], max_iter=200, random_state=1), three),
    ("sklearn_mlp_two", MLPClassifier([6], activation="tanh", max_iter=200, random_state=1), two),
    ("sklearn_logistic", make_pipeline(StandardScaler(), LogisticRegression()), three),
    ("sklearn_logistic_two", LogisticRegression(), two),
    ("sklearn_scaled_mlp", make_pipeline(
        StandardScaler(), MLPClassifier([5, 4], activation="logistic", max_iter=200, random_state=1)), three),
]:
    model.fit(data, target)
    proto = convert_sklearn(model, initial_types=[("x", FloatTensorType([None, 4]))],
                            options={"zipmap": name.endswith("mlp")}, target_opset=15)
    onnx.save(proto, here / f"{name}.onnx")
    one = name == "sklearn_mlp_two"
    keep(f"{name}.onnx", [4], "yes" if one else "probabilities")

# What is refused.
(here / "refused").mkdir(exist_ok=True)


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.inner, self.last = nn.Linear(6, 5), nn.Linear(5, 5), nn.Linear(5, 3)

    def forward(self, x):
        x = torch.relu(self.first(x))
        return self.last(torch.relu(self.inner(x)) * x)


class Last(nn.Module):
    """A recurrent layer, and a linear one on its last state."""

    def __init__(self, cell):
        super().__init__()
        self.cell, self.last = cell, nn.Linear(4, 3)

    def forward(self, x):
        return self.last(self.cell(x)[0][:, -1])


class Two(nn.Module):
    def forward(self, x, y):
        return x + y


def refused(name, module, *inputs):
    torch.onnx.export(module.eval(), inputs, str(here / "refused" / name), dynamo=False, opset_version=17)


picture = torch.randn(1, 1, 8, 8)
refused("gated.onnx", Gated(), torch.randn(1, 6))
refused("lstm.onnx", Last(nn.LSTM(2, 4, batch_first=True)), torch.randn(1, 5, 2))
refused("dilated.onnx", nn.Sequential(nn.Conv2d(1, 2, 3, dilation=2), nn.Flatten(), nn.Linear(32, 3)), picture)
refused("two_inputs.onnx", Two(), torch.randn(1, 3), torch.randn(1, 3))
refused("layer_norm.onnx", nn.Sequential(nn.Linear(6, 4), nn.LayerNorm(4), nn.Linear(4, 3)), torch.randn(1, 6))
torch_file("no_padding_counted.onnx", nn.Sequential(
    nn.AvgPool2d(3, padding=1, count_include_pad=False), nn.Flatten(), nn.Linear(9, 3)), [1, 8, 8], dynamic=False)

(here / "expected.json").write_text(json.dumps(expected, indent=0) + "\n")
print(len(expected), "files")
