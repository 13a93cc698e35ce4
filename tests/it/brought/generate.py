"""Writes the small datasets of this folder with NumPy and Pillow, and what they hold into expected.json.

pip install numpy pillow; python generate.py
"""

import json
import pathlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent
expected = {}


def values(samples, shape, offset=0):
    count = samples * int(np.prod(shape))
    return ((np.arange(count) * 37 + offset) % 251).reshape(samples, *shape)


def labels(samples, classes):
    return np.arange(samples) % classes


def first(name, inputs, **more):
    """The values of the first two training samples as they are to be stored."""
    expected[name] = {"first": np.asarray(inputs, dtype=np.float64)[:2].reshape(2, -1).tolist(), **more}


arrays = HERE / "arrays"
arrays.mkdir(exist_ok=True)
train, test = values(20, (4, 5)), values(6, (4, 5), 11)
np.savez_compressed(arrays / "keras.npz", x_train=train.astype("u1"), y_train=labels(20, 3).astype("u1"),
                    x_test=test.astype("u1"), y_test=labels(6, 3).astype("u1"))
first("keras.npz", train)

colour = values(20, (4, 5, 3))
np.savez(arrays / "medmnist.npz", train_images=colour.astype("u1"), train_labels=labels(20, 3).reshape(-1, 1),
         val_images=values(3, (4, 5, 3), 5).astype("u1"), val_labels=labels(3, 3).reshape(-1, 1),
         test_images=values(6, (4, 5, 3), 7).astype("u1"), test_labels=labels(6, 3).reshape(-1, 1))
first("medmnist.npz", colour.transpose(0, 3, 1, 2))

table = values(20, (6,)) / 8 - 3
np.savez(arrays / "onehot.npz", X=np.asfortranarray(table), y=np.eye(3)[labels(20, 3)])
np.savez(arrays / "unnamed.npz", labels(20, 2).astype(">i4"), table.astype(">f4"))
np.savez(arrays / "texts.npz", data=table.astype("f2"), target=np.array(["no", "yes"])[labels(20, 2)])
np.savez(arrays / "names.npz", data=table, target=labels(20, 2), target_names=np.array([b"plain", b"odd"]))
np.savez(arrays / "objects.npz", x=np.array([[1, "a"], [2, "b"]], dtype=object), y=labels(2, 2))
np.savez(arrays / "short.npz", x=table, y=labels(19, 2))

# Samples without classes: an archive with one array, and an array of any name with nothing beside it.
alone = values(5, (3,), 9) / 4 - 20
np.savez(arrays / "alone.npz", x=alone)
folder = HERE / "alone"
folder.mkdir(exist_ok=True)
np.save(folder / "measured.npy", alone.astype("<f4"))
expected["alone"] = {"all": alone.reshape(-1).tolist()}

parts = HERE / "parts"
parts.mkdir(exist_ok=True)
series = values(20, (7, 2)) - 100
np.save(parts / "x_train.npy", series.astype("<i2"))
np.save(parts / "y_train.npy", labels(20, 2))
np.save(parts / "x_test.npy", values(6, (7, 2), 3).astype("<i2"))
np.save(parts / "y_test.npy", labels(6, 2))
first("parts", series)


def picture(kind, number):
    rows = values(12, (10, 3), offset=number * 17 + len(kind) * 29).astype("u1")
    return Image.fromarray(rows, "RGB")


def sample(image, size=None, grey=False):
    image = image.convert("L") if grey else image.convert("RGB")
    if size:
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    data = np.asarray(image, dtype=np.float64)
    data = data[None] if grey else data.transpose(2, 0, 1)
    return data.reshape(-1).tolist()


pictures = HERE / "pictures"
found = {}
for kind in ["cat", "dog"]:
    for number, extension in enumerate(["png", "bmp", "webp", "jpg", "png"]):
        path = pictures / kind / f"{number}.{extension}"
        path.parent.mkdir(parents=True, exist_ok=True)
        image = picture(kind, number)
        options = {"lossless": True} if extension == "webp" else {"quality": 95, "subsampling": 0} if extension == "jpg" else {}
        image.save(path, **options)
        found[f"{kind}/{number}.{extension}"] = sample(Image.open(path))
(pictures / "cat" / "notes.txt").write_text("not a picture\n")
expected["pictures"] = found

# Two parts, sizes that differ, a picture that its camera held upright, one with transparency, grey ones.
mixed = HERE / "mixed"
found = {}
for part, numbers in [("train", range(4)), ("test", range(4, 6))]:
    for kind in ["cat", "dog"]:
        for number in numbers:
            path = mixed / part / kind / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            smooth = Image.fromarray(
                np.add.outer(np.arange(20 + number) * 5, np.arange(30) * 4).clip(0, 255).astype("u1"), "L")
            if number == 1:
                path = path.with_suffix(".jpg")
                turned = smooth.rotate(90, expand=True)
                exif = Image.Exif()
                exif[0x0112] = 6
                turned.save(path, exif=exif, quality=98)
                found[f"{part}/{kind}/{path.name}"] = sample(turned.rotate(-90, expand=True), (12, 16), grey=True)
                continue
            if number == 2:
                shade = Image.new("L", smooth.size, 128)
                Image.merge("LA", (smooth, shade)).save(path)
                white = Image.new("L", smooth.size, 255)
                white.paste(smooth, mask=shade)
                found[f"{part}/{kind}/{path.name}"] = sample(white, (12, 16), grey=True)
                continue
            smooth.save(path)
            found[f"{part}/{kind}/{path.name}"] = sample(smooth, (12, 16), grey=True)
expected["mixed"] = found

(HERE / "expected.json").write_text(json.dumps(expected))
