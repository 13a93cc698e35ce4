"""Adds networks with max pools, and with functions that are cut off, to the ONNX files of this folder, and to `expected.json`."""

import json

import torch
from exporting import expected, here, torch_file
from torch import nn

torch.manual_seed(7)


def digits(pool):
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), pool, nn.Flatten(), nn.Linear(64, 10))


torch_file("max_pool.onnx", digits(nn.MaxPool2d(2)), (1, 8, 8))
torch_file("max_pool_dynamo18.onnx", digits(nn.MaxPool2d(2)), (1, 8, 8), opset=18, dynamo=True)
# Windows that overlap and reach over the edge: what lies there is no zero.
torch_file("max_pool_padded.onnx", digits(nn.MaxPool2d(3, stride=2, padding=1)), (1, 8, 8))
torch_file("max_pool_global.onnx", nn.Sequential(
    nn.Conv2d(1, 4, 3), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(4, 3)), (1, 6, 6))

def table(function):
    return nn.Sequential(nn.Linear(6, 5), function, nn.Linear(5, 3))


torch_file("relu6.onnx", table(nn.ReLU6()), (6,))
torch_file("relu6_opset9.onnx", table(nn.ReLU6()), (6,), opset=9)
torch_file("relu6_dynamo18.onnx", table(nn.ReLU6()), (6,), opset=18, dynamo=True)
torch_file("hard_sigmoid.onnx", table(nn.Hardsigmoid()), (6,))
torch_file("hard_tanh.onnx", table(nn.Hardtanh(-2, 1)), (6,))

path = here / "expected.json"
known = json.loads(path.read_text())
known.update(expected)
path.write_text(json.dumps(known, indent=0) + "\n")
print(len(expected), "files")
