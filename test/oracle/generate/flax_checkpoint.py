"""The same small BERT as Flax weights, written by flax.serialization.

Run:  python flax_checkpoint.py OUT   (flax, numpy; after checkpoints.py)
Reads OUT/pretraining/model.safetensors; writes OUT/flax/flax_model.msgpack and OUT/flax/odd.msgpack with OUT/flax/odd.json.
"""
import hashlib, json, os, re, struct, sys
import flax, ml_dtypes
import numpy as np
from flax.serialization import msgpack_serialize

out = sys.argv[1]
raw = open(os.path.join(out, "pretraining", "model.safetensors"), "rb").read()
(length,) = struct.unpack("<Q", raw[:8])
header = json.loads(raw[8:8 + length])
header.pop("__metadata__", None)
tree = {}
for name, e in header.items():
    value = np.frombuffer(raw[8 + length + e["data_offsets"][0]:8 + length + e["data_offsets"][1]],
                          np.float32).reshape(e["shape"])
    if name.endswith("_embeddings.weight"):
        name = re.sub("weight$", "embedding", name)
    elif name.endswith("LayerNorm.weight"):
        name = re.sub("weight$", "scale", name)
    elif name.endswith(".weight"):
        name, value = re.sub("weight$", "kernel", name), np.ascontiguousarray(value.T)
    node = tree
    *path, leaf = name.split(".")
    for key in path:
        node = node.setdefault(key, {})
    node[leaf] = value
folder = os.path.join(out, "flax")
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "flax_model.msgpack"), "wb") as file:
    file.write(msgpack_serialize(tree))
odd = {"half": np.array([1.5, -2], np.float16), "bfloat": np.array([1.5, -2], ml_dtypes.bfloat16),
       "double": np.array([[1.5]]), "long": np.array([2**62, -1]), "int": np.array([3], np.int32),
       "bool": np.array([True, False]), "empty": np.zeros((0, 3), np.float32), "scalar": np.array(2.5, np.float32),
       "big": np.arange(70_000, dtype=np.uint8)}
with open(os.path.join(folder, "odd.msgpack"), "wb") as file:
    file.write(msgpack_serialize({"step": 70_000, "name": "x" * 300, "none": None, "lr": 1e-5, "tree": odd}))
with open(os.path.join(folder, "odd.json"), "w") as file:
    json.dump({"versions": {"flax": flax.__version__}, "tensors": {
        f"tree/{n}": {"type": str(v.dtype), "dims": list(v.shape), "sha256": hashlib.sha256(v.tobytes()).hexdigest()}
        for n, v in odd.items()}}, file, indent=1)
    file.write("\n")
