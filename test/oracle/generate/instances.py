"""Writes test/oracle/instances/small.json.gz: what create_pretraining_data.py makes of small corpora with a small vocabulary.

Usage: python test/oracle/generate/instances.py BERT CORPUS    BERT = a checkout of github.com/google-research/bert at eedf571,
CORPUS = the synthetic corpus of the golden files. Needs Python 3.11 and `pip install six`; plain files stand in for tf.gfile.
"""
import gzip
import hashlib
import json
import pathlib
import random
import sys
import tempfile
import types

ORACLE = pathlib.Path(__file__).resolve().parents[1] / "instances"
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
sys.path.insert(0, sys.argv[1])
import create_pretraining_data  # noqa: E402
import tokenization  # noqa: E402

words = [line for line in open(sys.argv[2], encoding="utf-8").read().split("\n")][:400]
base = "\n".join(words) + "\n"
corpora = {
    "plain": [base],
    "crlf": [base.replace("\n", "\r\n")],
    "one document": ["\n".join(line for line in words if line.strip()) + "\n"],
    "no final line feed": [base.rstrip("\n")],
    "a document across files": [base[:9000], base[9000:]],
    "hostile": ["\ufeff" + base.replace(" of ", "\u2028").replace("was", "ẃåś\u0301").replace("\n--", "\n\x1c\n\u200b\n--") + "pain " * 3000 + "\n\n\nend"],
}
characters = sorted(set("".join("".join(texts) for texts in corpora.values())) | set("wasWASpain"))
characters = [c for c in characters if not c.isspace()]
common = sorted({word.strip(".,:;()[]*") for word in base.split()})
tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *("##" + c for c in characters), *(w for w in common if len(w) > 1 and w.isalpha())]
tokens = [t for t in dict.fromkeys(tokens) if t]
runs = []
for corpus, seed, dupe, length, predictions, short, share, whole, lower in [
    ("plain", 12345, 2, 128, 20, 0.1, 0.15, False, False), ("plain", 2**40 + 7, 1, 64, 5, 0.5, 0.3, True, True), ("crlf", 0, 1, 32, 20, 0.1, 0.15, False, False),
    ("one document", 1, 2, 128, 20, 0.1, 0.15, False, False), ("no final line feed", 3, 1, 5, 1, 1.0, 1.0, False, False), ("hostile", 7, 2, 512, 77, 0.1, 0.15, True, True),
    ("a document across files", -9, 1, 128, 20, 0.0, 0.025, False, True),
]:
    with tempfile.TemporaryDirectory() as folder:
        vocabulary = pathlib.Path(folder, "vocab.txt")
        vocabulary.write_text("\n".join(tokens) + "\n", encoding="utf-8", newline="\n")
        paths = []
        for number, text in enumerate(corpora[corpus]):
            paths.append(pathlib.Path(folder, f"{number}.txt"))
            paths[-1].write_bytes(text.encode("utf-8"))
        flags.do_whole_word_mask = whole
        tokenizer = tokenization.FullTokenizer(str(vocabulary), do_lower_case=lower)
        instances = create_pretraining_data.create_training_instances(
            [str(path) for path in paths], tokenizer, length, dupe, short, share, predictions, random.Random(seed))
    digest = hashlib.sha256()
    for instance in instances:
        record = {"input_ids": tokenizer.convert_tokens_to_ids(instance.tokens), "segment_ids": list(instance.segment_ids),
                  "masked_lm_positions": instance.masked_lm_positions, "masked_lm_ids": tokenizer.convert_tokens_to_ids(instance.masked_lm_labels),
                  "next_sentence_label": int(instance.is_random_next)}
        digest.update((json.dumps(record, separators=(",", ":")) + "\n").encode())
    runs.append({"corpus": corpus, "lowercase": lower, "instances": len(instances), "sha256": digest.hexdigest(),
                 "settings": {"dupeFactor": dupe, "maxLength": length, "maxPredictions": predictions, "shortSequenceProbability": short,
                              "maskedShare": share, "wholeWord": whole}, "seed": str(seed)})
value = {"versions": {"google-research/bert": "eedf571", "python": sys.version.split()[0]}, "vocabulary": tokens, "corpora": corpora, "runs": runs}
(ORACLE / "small.json.gz").write_bytes(gzip.compress(json.dumps(value).encode(), 9, mtime=0))
