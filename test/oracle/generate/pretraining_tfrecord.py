"""The batch of gradients-gelu.safetensors as TensorFlow writes it, features as in create_pretraining_data.py:100-140.

Run:  python pretraining_tfrecord.py PRETRAINING   (tensorflow-cpu 2.21)
Reads PRETRAINING/gradients-gelu.safetensors, writes PRETRAINING/gradients-gelu.tfrecord.
"""
import collections, json, os, sys
import tensorflow as tf

folder = sys.argv[1]
with open(os.path.join(folder, "gradients-gelu.safetensors"), "rb") as file:
    header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
expected = json.loads(header["__metadata__"]["expected"])
longest, predictions = expected["longest"], expected["predictions"]


def ints(values, width):
    padded = list(values) + [0] * (width - len(values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=padded))


def floats(values, width):
    padded = list(values) + [0.0] * (width - len(values))
    return tf.train.Feature(float_list=tf.train.FloatList(value=padded))


with tf.io.TFRecordWriter(os.path.join(folder, "gradients-gelu.tfrecord")) as writer:
    for instance in expected["instances"]:
        features = collections.OrderedDict(
            input_ids=ints(instance["ids"], longest),
            input_mask=ints([1] * len(instance["ids"]), longest),
            segment_ids=ints(instance["segmentIds"], longest),
            masked_lm_positions=ints(instance["maskedPositions"], predictions),
            masked_lm_ids=ints(instance["maskedIds"], predictions),
            masked_lm_weights=floats([1.0] * len(instance["maskedIds"]), predictions),
            next_sentence_labels=ints([int(instance["isRandomNext"])], 1))
        writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
