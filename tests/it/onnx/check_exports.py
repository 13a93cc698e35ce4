"""Writes exported.json: what ONNX Runtime gives for the built-in networks as `cryptoscope export` writes them.

pip install onnx onnxruntime numpy; python check_exports.py path/to/cryptoscope
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

NAMES = ["digits", "hospital", "cryptonets", "cryptodl", "cryptodl-relu", "digits-table", "hospital-table", "mnist-mlp",
         "deep", "cryptonn", "cryptonn-hospital", "cryptonn-mnist", "cryptornn-tanh", "cryptornn-gru-tanh",
         "cryptornn-power-tanh", "cryptornn-ecg-tanh", "cryptornn-vowels-tanh", "cryptornn-sentiment-tanh"]
STEPS = 9

found = {}
for name in NAMES:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "net.onnx"
        subprocess.run([sys.argv[1], "export", name, "--onnx", str(path)], check=True, stdout=subprocess.DEVNULL)
        onnx.checker.check_model(onnx.load(path), full_check=True)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        shape = [1] + [STEPS if d == "steps" else d for d in session.get_inputs()[0].shape[1:]]
        count = int(np.prod(shape))
        values = (np.arange(count) * 29 % 97) / 96
        if "sentiment" in name:
            values = np.floor(values * 50)
        values = values.astype(np.float32)
        [scores] = session.run(None, {session.get_inputs()[0].name: values.reshape(shape)})
        found[name] = {"input": [float(v) for v in values], "output": [float(v) for v in scores.reshape(-1)]}
        print(name, shape, scores.shape)

(pathlib.Path(__file__).parent / "exported.json").write_text(json.dumps(found))
