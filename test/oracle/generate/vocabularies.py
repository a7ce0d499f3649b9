"""Writes test/oracle/vocabularies.json.gz: vocabularies trained by Hugging Face `tokenizers` on corpora without ties.

A corpus is kept only when a second, plain trainer sees at no step two pairs of the same count, for with ties the crate's result
depends on the order of a hash map. Usage: python test/oracle/generate/vocabularies.py    (needs `pip install tokenizers==0.23.3`)
"""
import gzip
import json
import pathlib
import random

import tokenizers
from tokenizers import BertWordPieceTokenizer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def without_ties(words, size):
    tokens = {*SPECIAL, *(c for w in words for c in w), *("##" + c for w in words for c in w[1:])}
    cut = {w: [w[0], *("##" + c for c in w[1:])] for w in words}
    while len(tokens) < size:
        counts = {}
        for word, pieces in cut.items():
            for pair in zip(pieces, pieces[1:]):
                counts[pair] = counts.get(pair, 0) + words[word]
        best = sorted(counts, key=counts.get)[-2:]
        if len(best) < 2 or counts[best[0]] == counts[best[1]]:
            return False
        first, second = best[1]
        tokens.add(first + second.removeprefix("##"))
        for pieces in cut.values():
            at = 0
            while at + 1 < len(pieces):
                if (pieces[at], pieces[at + 1]) == (first, second):
                    pieces[at:at + 2] = [first + second.removeprefix("##")]
                at += 1
    return True


cases = []
for seed in range(1000):
    source = random.Random(seed)
    words = {"".join(source.choice("abcdé") for _ in range(source.randint(2, 6))): source.randint(100, 3000) for _ in range(120)}
    size = 60
    if not without_ties(words, size):
        continue
    trainer = BertWordPieceTokenizer(lowercase=False)
    trainer.train_from_iterator([" ".join([word] * count) for word, count in words.items()], vocab_size=size, min_frequency=2, show_progress=False)
    cases.append({"words": words, "size": size, "vocabulary": sorted(trainer.get_vocab())})
    if len(cases) == 8:
        break
value = {"versions": {"tokenizers": tokenizers.__version__}, "cases": cases}
target = pathlib.Path(__file__).resolve().parents[1] / "vocabularies.json.gz"
target.write_bytes(gzip.compress(json.dumps(value).encode(), 9, mtime=0))
print(len(cases))
