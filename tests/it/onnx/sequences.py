"""Writes sequences/*.onnx with both exporters of PyTorch, and sequences/expected.json with what ONNX Runtime gives.

pip install torch onnx onnxscript onnxruntime; python sequences.py
"""

import json
import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(__file__).parent / "sequences"
FOLDER.mkdir(exist_ok=True)
STEPS = 7


class Net(nn.Module):
    """Cells, and a dense layer on the last output or the last state."""

    def __init__(self, kind, channels=2, hidden=5, classes=3, layers=1, on="output", batch_first=True, end=None, function="tanh"):
        super().__init__()
        more = {"nonlinearity": function} if kind is nn.RNN else {}
        self.cell = kind(channels, hidden, layers, batch_first=batch_first, **more)
        self.head = nn.Linear(hidden, classes)
        self.on, self.batch_first, self.end = on, batch_first, end

    def forward(self, x):
        outputs, state = self.cell(x)
        if self.on == "state":
            last = (state[0] if isinstance(self.cell, nn.LSTM) else state)[-1]
        else:
            last = outputs[:, -1] if self.batch_first else outputs[-1]
        scores = self.head(last)
        return self.end(scores) if self.end else scores


def fill(model, seed):
    torch.manual_seed(seed)
    for parameter in model.parameters():
        nn.init.uniform_(parameter, -0.6, 0.6)
    return model.eval()


CASES = {
    "rnn": (Net(nn.RNN), False),
    "rnn_relu": (Net(nn.RNN, function="relu"), False),
    "rnn_two": (Net(nn.RNN, layers=2, on="state"), False),
    "gru": (Net(nn.GRU), False),
    "gru_state": (Net(nn.GRU, on="state"), False),
    "gru_two": (Net(nn.GRU, layers=2), False),
    "gru_two_state": (Net(nn.GRU, layers=2, on="state"), False),
    "gru_steps_first": (Net(nn.GRU, batch_first=False), False),
    "gru_softmax": (Net(nn.GRU, end=nn.Softmax(dim=1)), False),
    "gru_one": (Net(nn.GRU, classes=1), False),
    "gru_dynamo": (Net(nn.GRU), True),
    "gru_two_dynamo": (Net(nn.GRU, layers=2), True),
    "gru_two_state_dynamo": (Net(nn.GRU, layers=2, on="state"), True),
    "rnn_waves": (Net(nn.RNN, channels=1, hidden=4, classes=4), False),
    "gru_waves": (Net(nn.GRU, channels=1, hidden=4, classes=4), False),
    "lstm": (Net(nn.LSTM), False),
    "lstm_two_state": (Net(nn.LSTM, layers=2, on="state"), False),
    "lstm_dynamo": (Net(nn.LSTM), True),
    "lstm_waves": (Net(nn.LSTM, channels=1, hidden=4, classes=4), False),
}
REFUSED = {
    "both_ways": nn.GRU(2, 5, batch_first=True, bidirectional=True),
}

expected = {}
for at, (name, (model, dynamo)) in enumerate(CASES.items()):
    fill(model, at)
    channels = model.cell.input_size
    path = FOLDER / f"{name}.onnx"
    example = torch.randn(1, STEPS, channels) if model.batch_first else torch.randn(STEPS, 1, channels)
    batch = 0 if model.batch_first else 1
    if dynamo:
        torch.onnx.export(model, (example,), path, dynamo=True, external_data=False, verbose=False)
        graph = onnx.load(path)
        for node in graph.graph.node:
            del node.metadata_props[:]
            node.doc_string = ""
        del graph.graph.value_info[:]
        onnx.save(graph, path)
    else:
        torch.onnx.export(model, example, path, dynamo=False, opset_version=17, input_names=["input"],
                          output_names=["scores"], dynamic_axes={"input": {batch: "batch"}})
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    inputs, outputs = [], []
    for sample in range(4):
        x = np.random.default_rng(100 * at + sample).normal(size=(STEPS, channels)).astype("f4")
        shaped = x[None] if model.batch_first else x[:, None]
        [scores] = session.run(None, {session.get_inputs()[0].name: shaped})
        inputs.append([float(v) for v in x.reshape(-1)])
        outputs.append([float(v) for v in scores.reshape(-1)])
    expected[name] = {"channels": channels, "inputs": inputs, "outputs": outputs}


class BothWays(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = REFUSED["both_ways"], nn.Linear(10, 3)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


class Middle(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.GRU(2, 5, batch_first=True), nn.Linear(5, 3)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, 2])


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.one, self.head = nn.GRU(2, 5, batch_first=True), nn.Linear(5, 5), nn.Linear(5, 3)

    def forward(self, x):
        return self.head(torch.relu(self.one(self.cell(x)[0][:, -1])))


for name, model in {"both_ways": BothWays(), "middle": Middle(), "deep": Deep()}.items():
    (FOLDER / "refused").mkdir(exist_ok=True)
    torch.onnx.export(fill(model, 1), torch.randn(1, STEPS, 2), FOLDER / "refused" / f"{name}.onnx", dynamo=False,
                      opset_version=17, input_names=["input"], output_names=["scores"])

(FOLDER / "expected.json").write_text(json.dumps(expected))
