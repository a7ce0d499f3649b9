"""The same small BERT as a TensorFlow V2 checkpoint with Google's names and Adam slots, written by TensorFlow itself.

Run:  python tensorflow_checkpoint.py OUT   (tensorflow, numpy; after checkpoints.py)
Reads OUT/pretraining/model.safetensors; writes OUT/tensorflow/model.ckpt-7.*, OUT/tensorflow/bert_config.json,
OUT/tensorflow/partitioned.* (two shards) and OUT/tensorflow/expected.json.
"""
import hashlib, json, os, re, struct, sys
import numpy as np
import tensorflow as tf

out = sys.argv[1]
raw = open(os.path.join(out, "pretraining", "model.safetensors"), "rb").read()
(length,) = struct.unpack("<Q", raw[:8])
header = json.loads(raw[8:8 + length])
header.pop("__metadata__", None)
tensors = {name: np.frombuffer(raw[8 + length + e["data_offsets"][0]:8 + length + e["data_offsets"][1]],
                               np.float32).reshape(e["shape"]) for name, e in header.items()}


def google(name):
    """google-research/bert modeling.py and run_pretraining.py, variable scopes."""
    name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
    name = re.sub(r"layer\.(\d+)", r"layer_\1", name)
    name = name.replace("cls.predictions.bias", "cls.predictions.output_bias")
    name = name.replace("cls.seq_relationship.weight", "cls.seq_relationship.output_weights")
    name = name.replace("cls.seq_relationship.bias", "cls.seq_relationship.output_bias")
    name = re.sub(r"_embeddings\.weight$", "_embeddings", name)
    name = re.sub(r"\.weight$", ".kernel", name)
    return name.replace(".", "/")


variables = {}
for name, value in tensors.items():
    key = google(name)
    variables[key] = np.ascontiguousarray(value.T) if key.endswith("/kernel") else value
model = dict(variables)
for key, value in variables.items():
    model[key + "/adam_m"] = (value * 0.01).astype(np.float32)
    model[key + "/adam_v"] = np.square(value).astype(np.float32)
model["global_step"] = np.array(7, np.int64)

folder = os.path.join(out, "tensorflow")
os.makedirs(folder, exist_ok=True)
names = sorted(model)
tf.raw_ops.SaveV2(prefix=os.path.join(folder, "model.ckpt-7"), tensor_names=names, shape_and_slices=[""] * len(names),
                  tensors=[tf.constant(model[n]) for n in names])
parts = [os.path.join(folder, f"part-{i}") for i in range(2)]
for i, part in enumerate(parts):
    keys = sorted(variables)[i::2]
    tf.raw_ops.SaveV2(prefix=part, tensor_names=keys, shape_and_slices=[""] * len(keys),
                      tensors=[tf.constant(variables[n]) for n in keys])
tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=os.path.join(folder, "two-shards"),
                              delete_old_dirs=False)
with open(os.path.join(folder, "bert_config.json"), "w") as file:
    json.dump({"attention_probs_dropout_prob": 0.1, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 16,
               "initializer_range": 0.02, "intermediate_size": 32, "max_position_embeddings": 32,
               "num_attention_heads": 2, "num_hidden_layers": 2, "type_vocab_size": 2, "vocab_size": 64}, file, indent=1)
    file.write("\n")
with open(os.path.join(folder, "expected.json"), "w") as file:
    json.dump({"versions": {"tensorflow": tf.__version__}, "tensors": {
        n: {"type": str(model[n].dtype), "dims": list(model[n].shape),
            "sha256": hashlib.sha256(model[n].tobytes()).hexdigest()} for n in names}}, file, indent=1)
    file.write("\n")
