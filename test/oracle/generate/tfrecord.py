"""TFRecord files in both directions.

python test/oracle/generate/tfrecord.py            writes test/oracle/instances/tensorflow.tfrecord and .tfrecord.gz with TensorFlow
python test/oracle/generate/tfrecord.py FILE L P   reads FILE (from `clinicalbert instances --to tfrecord`) as run_pretraining.py:342-366
                                                   does, and prints what is in it as JSON lines
Needs `pip install tensorflow-cpu==2.21.0`.
"""
import json
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402

ORACLE = pathlib.Path(__file__).resolve().parents[1] / "instances"


def int_feature(values):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def write():
    for name, options in (("tensorflow.tfrecord", None), ("tensorflow.tfrecord.gz", tf.io.TFRecordOptions(compression_type="GZIP"))):
        with tf.io.TFRecordWriter(str(ORACLE / name), options) as writer:
            for number in range(5):
                length, masked = 6 + number, 1 + number % 3
                pad, hide = 16 - length, 4 - masked
                features = {
                    "input_ids": int_feature([101, *range(1000 * number, 1000 * number + length - 1)] + [0] * pad),
                    "input_mask": int_feature([1] * length + [0] * pad),
                    "segment_ids": int_feature([0] * 4 + [1] * (length - 4) + [0] * pad),
                    "masked_lm_positions": int_feature([*range(1, masked + 1)] + [0] * hide),
                    "masked_lm_ids": int_feature([70000 + number] * masked + [0] * hide),
                    "masked_lm_weights": tf.train.Feature(float_list=tf.train.FloatList(value=[1.0] * masked + [0.0] * hide)),
                    "next_sentence_labels": int_feature([number % 2]),
                    "written_by": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"somebody else"])),
                }
                writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


def read(path, length, predictions):
    fixed = tf.io.FixedLenFeature
    features = {"input_ids": fixed([length], tf.int64), "input_mask": fixed([length], tf.int64), "segment_ids": fixed([length], tf.int64),
                "masked_lm_positions": fixed([predictions], tf.int64), "masked_lm_ids": fixed([predictions], tf.int64),
                "masked_lm_weights": fixed([predictions], tf.float32), "next_sentence_labels": fixed([1], tf.int64)}
    for record in tf.data.TFRecordDataset(path):
        row = {name: value.numpy().tolist() for name, value in tf.io.parse_single_example(record, features).items()}
        size, masked = sum(row["input_mask"]), int(sum(row["masked_lm_weights"]))
        assert row["input_mask"] == [1] * size + [0] * (length - size)
        assert row["masked_lm_weights"] == [1.0] * masked + [0.0] * (predictions - masked)
        for name in ("input_ids", "segment_ids", "masked_lm_positions", "masked_lm_ids"):
            assert not any(row[name][size if len(row[name]) == length else masked:])
        print(json.dumps({"input_ids": row["input_ids"][:size], "segment_ids": row["segment_ids"][:size],
                          "masked_lm_positions": row["masked_lm_positions"][:masked], "masked_lm_ids": row["masked_lm_ids"][:masked],
                          "next_sentence_label": row["next_sentence_labels"][0]}, separators=(",", ":")))


if len(sys.argv) == 1:
    write()
else:
    read(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
