"""The same small BERT as Keras weights, written by transformers' own TensorFlow classes (tf_model.h5).

Run:  TF_USE_LEGACY_KERAS=1 python keras_checkpoint.py OUT   (transformers 4 with tensorflow and tf-keras; after checkpoints.py)
Reads OUT/pretraining/{config.json,model.safetensors}; writes OUT/keras/tf_model.h5 and, with h5py alone, OUT/keras/odd.h5 with
OUT/keras/odd.json, and OUT/keras/refused-*.h5.
"""
import hashlib, json, os, struct, sys

import h5py
import numpy as np

out = sys.argv[1]
folder = os.path.join(out, "keras")
os.makedirs(folder, exist_ok=True)

odd = {"half": np.array([1.5, -2], np.float16), "single": np.arange(6, dtype=np.float32).reshape(2, 3),
       "double": np.array([[1.5]]), "long": np.array([2**62, -1]), "int": np.array([3], np.int32),
       "short": np.array([-3], np.int16), "byte": np.array([200], np.uint8), "empty": np.zeros((0, 3), np.float32),
       "scalar": np.array(2.5, np.float32)}
with h5py.File(os.path.join(folder, "odd.h5"), "w") as file:
    file.attrs["weight_names"] = [f"a name that makes the header long {i}".encode() for i in range(300)]
    for group in range(20):  # more members than one node of a tree holds
        file.create_group(f"empty{group}")
    for name, value in odd.items():
        file.create_dataset(f"deep/er/{name}", data=value)
refused = {"gzip": lambda f: f.create_dataset("x", data=np.zeros(64), chunks=(8,), compression="gzip"),
           "soft-link": lambda f: f.update({"x": np.zeros(2), "y": h5py.SoftLink("/x")}),
           "external-link": lambda f: f.update({"x": h5py.ExternalLink("/etc/passwd", "/")}),
           "external-data": lambda f: f.create_dataset("x", shape=(4,), dtype="u1", external=[("/etc/hostname", 0, 4)]),
           "text": lambda f: f.create_dataset("x", data=np.array([b"note"])),
           "big-endian": lambda f: f.create_dataset("x", data=np.zeros(4, ">f4")),
           "latest": lambda f: f.create_dataset("x", data=np.zeros(4))}
for name, write in refused.items():
    with h5py.File(os.path.join(folder, f"refused-{name}.h5"), "w", libver="latest" if name == "latest" else None) as file:
        write(file)
with open(os.path.join(folder, "odd.json"), "w") as file:
    json.dump({"versions": {"h5py": h5py.__version__, "hdf5": h5py.version.hdf5_version}, "tensors": {
        f"deep/er/{n}": {"type": str(v.dtype), "dims": list(v.shape), "sha256": hashlib.sha256(v.tobytes()).hexdigest()}
        for n, v in odd.items()}}, file, indent=1)
    file.write("\n")

from transformers import BertConfig, TFBertForPreTraining  # noqa: E402

raw = open(os.path.join(out, "pretraining", "model.safetensors"), "rb").read()
(length,) = struct.unpack("<Q", raw[:8])
header = json.loads(raw[8:8 + length])
tensors = {name: np.frombuffer(raw[8 + length + e["data_offsets"][0]:8 + length + e["data_offsets"][1]],
                               np.float32).reshape(e["shape"])
           for name, e in header.items() if name != "__metadata__"}
model = TFBertForPreTraining(BertConfig.from_json_file(os.path.join(out, "pretraining", "config.json")))
model(model.dummy_inputs)
from transformers.modeling_tf_pytorch_utils import convert_tf_weight_name_to_pt_weight_name  # noqa: E402

for variable in model.weights:
    name, transposed = convert_tf_weight_name_to_pt_weight_name(variable.name, tf_weight_shape=variable.shape)
    value = tensors[name]
    variable.assign(value.T if "SIMPLE" in str(transposed) else value)
model.save_weights(os.path.join(folder, "tf_model.h5"), save_format="h5")
