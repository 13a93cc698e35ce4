"""What the scripts of this folder share: a network becomes an ONNX file, with inputs and what ONNX
Runtime gives for them noted in `expected`.
"""

import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

warnings.filterwarnings("ignore")
torch.manual_seed(1)
rng = np.random.default_rng(1)
here = pathlib.Path(__file__).parent
expected = {}


def keep(name, sample_shape, end="none"):
    """Notes inputs of the file `name` and what ONNX Runtime gives for them. `end`: what its outputs are."""
    options = onnxruntime.SessionOptions()
    # As the graph says, with no shorter integers for speed.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(here / name), options)
    given = session.get_inputs()[0]
    dims = [d if isinstance(d, int) else 1 for d in given.shape]
    inputs, outputs = [], []
    for _ in range(3):
        x = rng.normal(size=[1, *sample_shape]).astype(np.float32)
        fed = np.repeat(x, dims[0], axis=0) if dims[0] > 1 else x
        out = session.run(None, {given.name: fed})[-1]
        if isinstance(out, list):  # ZipMap
            out = np.array([[row[k] for k in sorted(row)] for row in out])
        inputs.append([round(float(v), 7) for v in x.ravel()])
        outputs.append([float(v) for v in np.asarray(out)[0].ravel()])
    expected[name] = {"end": end, "inputs": inputs, "outputs": outputs}


def torch_file(name, module, shape, opset=17, dynamo=False, dynamic=True, end="none", metadata=None):
    module.eval()
    for m in module.modules():
        if isinstance(m, nn.BatchNorm2d) or isinstance(m, nn.BatchNorm1d):
            m.running_mean.normal_(0, 0.3)
            m.running_var.uniform_(0.5, 2)
            m.weight.data.uniform_(0.5, 1.5)
            m.bias.data.normal_(0, 0.3)
    x = torch.randn(2 if dynamic else 1, *shape)
    path = str(here / name)
    if dynamo:
        batch = torch.export.Dim("batch", min=1, max=1024)
        torch.onnx.export(
            module, (x,), path, dynamo=True, opset_version=opset, external_data=False,
            dynamic_shapes=({0: batch},) if dynamic else None)
    else:
        torch.onnx.export(
            module, (x,), path, dynamo=False, opset_version=opset, input_names=["input"],
            output_names=["scores"], dynamic_axes={"input": {0: "batch"}} if dynamic else None)
    model = onnx.load(path)
    # Exporters note where the sources lay on their machine.
    graph = model.graph
    for noted in [*graph.node, *graph.input, *graph.output, *graph.initializer, *graph.value_info, graph]:
        noted.doc_string = ""
        del noted.metadata_props[:]
    onnx.save(model, path)
    if metadata:
        for key, value in metadata.items():
            entry = model.metadata_props.add()
            entry.key, entry.value = key, value
        onnx.save(model, path)
    keep(name, shape, end)
