"""Times google-research/bert's own create_pretraining_data.py. Usage: create_pretraining_data.py BERT CORPUS VOCAB DUPE OUT

BERT is a checkout at eedf571. TensorFlow 1's flags and files are stood in for by plain Python, which is no slower; the last step,
writing tf.train.Example, is left out (and so favours the script). Prints {"seconds", "instances", "sha256"}: seconds of
processor time, the hash of the JSON lines of all instances.
"""
import hashlib
import json
import random
import sys
import time
import types

flags = types.SimpleNamespace()


def define(name, default, text=None):
    setattr(flags, name, default)


class TextFile:
    def __init__(self, path, mode):
        self.file = open(path, encoding="utf-8", newline="\n")
        self.readline = self.file.readline

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.file.close()


tensorflow = types.ModuleType("tensorflow")
tensorflow.flags = types.SimpleNamespace(FLAGS=flags, DEFINE_string=define, DEFINE_bool=define, DEFINE_integer=define, DEFINE_float=define)
tensorflow.gfile = types.SimpleNamespace(GFile=TextFile)
sys.modules["tensorflow"] = tensorflow
sys.path = [sys.argv[1]] + [folder for folder in sys.path if not folder.endswith("peers")]
import create_pretraining_data  # noqa: E402
import tokenization  # noqa: E402

_, _, corpus, vocabulary, dupe = sys.argv[:5]
begun = time.process_time()
tokenizer = tokenization.FullTokenizer(vocabulary, do_lower_case=False)
instances = create_pretraining_data.create_training_instances([corpus], tokenizer, 128, int(dupe), 0.1, 0.15, 20, random.Random(12345))
rows = [(tokenizer.convert_tokens_to_ids(each.tokens), each.segment_ids, each.masked_lm_positions,
         tokenizer.convert_tokens_to_ids(each.masked_lm_labels), int(each.is_random_next)) for each in instances]
seconds = time.process_time() - begun
digest = hashlib.sha256()
names = ("input_ids", "segment_ids", "masked_lm_positions", "masked_lm_ids", "next_sentence_label")
for row in rows:
    digest.update((json.dumps(dict(zip(names, row)), separators=(",", ":")) + "\n").encode())
print(json.dumps({"seconds": seconds, "instances": len(instances), "sha256": digest.hexdigest()}))
