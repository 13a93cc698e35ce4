"""Adds networks that Keras wrote (with tf2onnx) to the ONNX files of this folder, and to `expected.json`."""

import json
import pathlib

import keras
import numpy as np
import onnx
import onnxruntime
from keras import layers

keras.utils.set_random_seed(3)
here = pathlib.Path(__file__).parent
rng = np.random.default_rng(3)
expected = {}


def keep(name, shape, *stack, opset=17):
    model = keras.Sequential([keras.Input(shape), *stack])
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([
                rng.uniform(0.5, 1.5, gamma.shape), rng.normal(0, 0.3, beta.shape),
                rng.normal(0, 0.3, mean.shape), rng.uniform(0.5, 2, variance.shape)])
    model(np.zeros([1, *shape], np.float32))
    path = str(here / name)
    model.export(path, format="onnx", opset_version=opset, verbose=False)
    file = onnx.load(path)
    for noted in [*file.graph.node, file.graph]:
        noted.doc_string = ""
    onnx.save(file, path)
    session = onnxruntime.InferenceSession(path)
    given = session.get_inputs()[0]
    inputs, outputs = [], []
    for _ in range(3):
        x = rng.normal(size=[1, *shape]).astype(np.float32)
        out = session.run(None, {given.name: x})[0]
        assert np.allclose(out, model(x), atol=1e-5)
        inputs.append([round(float(v), 7) for v in x.ravel()])
        outputs.append([float(v) for v in out[0].ravel()])
    end = "softmax" if model.layers[-1].activation is keras.activations.softmax else "none"
    expected[name] = {"end": end, "inputs": inputs, "outputs": outputs}


keep("keras_mlp.onnx", (6,), layers.Dense(8, "relu"), layers.Dense(3))
keep("keras_softmax.onnx", (6,), layers.Dense(8, "tanh"), layers.Dense(3, "softmax"))
keep("keras_opset11.onnx", (6,), layers.Dense(8, "sigmoid"), layers.Dense(3), opset=11)
keep("keras_leaky.onnx", (6,), layers.Dense(8), layers.LeakyReLU(0.1), layers.Dense(3))
keep("keras_cnn.onnx", (8, 8, 3), layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(),
     layers.ReLU(), layers.AveragePooling2D(2), layers.Flatten(), layers.Dense(5))
keep("keras_strided.onnx", (8, 8, 1), layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
     layers.GlobalAveragePooling2D(), layers.Dense(4))
keep("keras_max_pool.onnx", (8, 8, 1), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(2),
     layers.Flatten(), layers.Dense(4))
keep("keras_same_pool.onnx", (8, 7, 1), layers.Conv2D(4, 3, activation="relu"),
     layers.AveragePooling2D(3, 2, padding="same"), layers.Flatten(), layers.Dense(4))

path = here / "expected.json"
known = json.loads(path.read_text())
known.update(expected)
path.write_text(json.dumps(known, indent=0) + "\n")
print(len(expected), "files")
