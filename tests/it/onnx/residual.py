"""Adds networks with skip connections to the ONNX files of this folder, and to `expected.json`."""

import json

import torch
from exporting import expected, here, torch_file
from torch import nn
from torch.nn import functional

torch.manual_seed(16)
square = torch.square


class Dense(nn.Module):
    """A skip over one function of a dense layer, and over two."""

    def __init__(self, function):
        super().__init__()
        self.first, self.inner, self.last = nn.Linear(6, 5), nn.Linear(5, 5), nn.Linear(5, 3)
        self.function = function

    def forward(self, x):
        x = self.function(self.first(x))
        return self.last(self.function(self.inner(x)) + x)


class Before(nn.Module):
    """The function before the layers of the block, and a difference in the place of a sum."""

    def __init__(self, function):
        super().__init__()
        self.first, self.inner, self.last = nn.Linear(6, 4), nn.Linear(4, 4), nn.Linear(4, 3)
        self.function = function

    def forward(self, x):
        x = self.first(x)
        return self.last(self.function(x - self.inner(self.function(x))))


class Shared(nn.Module):
    """Values that are used again after something else was done to them."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Linear(5, 3)

    def forward(self, x):
        x = self.first(x)
        y = self.norm(x) * 0.5 + 1
        z = torch.relu(y)
        return self.last(x + z - torch.relu(x))


class Joined(nn.Module):
    """Two branches, joined."""

    def __init__(self, function):
        super().__init__()
        self.left, self.right, self.last = nn.Linear(6, 3), nn.Linear(6, 4), nn.Linear(7, 3)
        self.function = function

    def forward(self, x):
        both = torch.cat([self.function(self.left(x)), self.function(self.right(x))], 1)
        return self.last(both)


class Block(nn.Module):
    """As in residual networks of pictures; `short` is what stands beside the two convolutions."""

    def __init__(self, inner, outer, stride, short, function):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inner, outer, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outer))
        self.more = nn.Sequential(
            nn.Conv2d(outer, outer, 3, padding=1, bias=False), nn.BatchNorm2d(outer))
        self.short, self.function = short, function

    def forward(self, x):
        y = self.more(self.function(self.layers(x)))
        return self.function(y + self.short(x))


class Padded(nn.Module):
    """The shortcut without weights: every second row and column, and channels of zeros."""

    def __init__(self, before, after):
        super().__init__()
        self.before, self.after = before, after

    def forward(self, x):
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.before, self.after))


class Inception(nn.Module):
    """Convolutions beside each other, their channels joined."""

    def __init__(self, function):
        super().__init__()
        self.wide = nn.Conv2d(1, 2, 3, padding=1)
        self.narrow = nn.Conv2d(1, 3, 1)
        self.last = nn.Linear(5 * 4, 3)
        self.function = function

    def forward(self, x):
        both = torch.cat([self.function(self.wide(x)), self.function(self.narrow(x))], 1)
        return self.last(functional.avg_pool2d(both, 3).flatten(1))


def projection(inner, outer):
    return nn.Sequential(nn.Conv2d(inner, outer, 1, stride=2, bias=False), nn.BatchNorm2d(outer))


def picture(block, channels, function, size=6, classes=3, left=1):
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.BatchNorm2d(2), function, *block,
        nn.AvgPool2d(size // left), nn.Flatten(), nn.Linear(channels * left * left, classes))


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


relu = nn.ReLU()
of_square = Function(square)
both = [("", False, 17), ("_dynamo", True, 20)]
for end, dynamo, opset in both:
    kind = {"opset": opset, "dynamo": dynamo}
    torch_file(f"residual_dense{end}.onnx", Dense(torch.relu), (6,), **kind)
    torch_file(f"residual_before{end}.onnx", Before(torch.relu), (6,), **kind)
    torch_file(f"residual_shared{end}.onnx", Shared(), (6,), **kind)
    torch_file(f"residual_joined{end}.onnx", Joined(torch.tanh), (6,), **kind)
    torch_file(f"residual_identity{end}.onnx", picture(
        [Block(2, 2, 1, nn.Identity(), relu)], 2, relu), (1, 6, 6), **kind)
    torch_file(f"residual_projection{end}.onnx", picture(
        [Block(2, 4, 2, projection(2, 4), relu)], 4, relu, size=3), (1, 6, 6), **kind)
    torch_file(f"residual_padded{end}.onnx", picture(
        [Block(2, 4, 2, Padded(1, 1), relu)], 4, relu, size=3), (1, 6, 6), **kind)
    torch_file(f"residual_two{end}.onnx", picture(
        [Block(2, 2, 1, nn.Identity(), relu), Block(2, 4, 2, projection(2, 4), relu)], 4, relu, size=4, left=2),
        (1, 8, 8), **kind)
for opset in [11, 13]:
    torch_file(f"residual_padded_opset{opset}.onnx", picture(
        [Block(2, 4, 2, Padded(0, 2), relu)], 4, relu, size=3), (1, 6, 6), opset=opset)
torch_file("residual_square.onnx", Dense(square), (6,))
torch_file("residual_before_square.onnx", Before(square), (6,))
torch_file("residual_joined_square.onnx", Joined(square), (6,))
torch_file("inception.onnx", Inception(torch.tanh), (1, 6, 6))
pictures = {"offset": "0", "scale": "16", "classes": json.dumps([str(c) for c in range(10)])}
for name, short, stride in [("identity", nn.Identity(), 1), ("projection", projection(2, 3), 2)]:
    outer = 2 if stride == 1 else 3
    torch_file(f"residual_digits_{name}.onnx", picture(
        [Block(2, outer, stride, short, of_square)], outer, of_square, size=8 // stride, classes=10, left=2),
        (1, 8, 8), metadata=pictures)

path = here / "expected.json"
known = json.loads(path.read_text())
known.update(expected)
path.write_text(json.dumps(known, indent=0) + "\n")
print(len(expected), "files")
