"""Runs a spaCy 3 pipeline over texts and writes words, heads, labels and sentence starts, one JSON object a line.

Usage: python spacy_dump.py PIPELINE TEXTS.jsonl OUT.jsonl [--tokens]
Offsets are UTF-16 units, as in JavaScript.
"""
import json
import sys
import unicodedata
import warnings

import spacy

warnings.filterwarnings("ignore")


def units(text):
    return len(text) + sum(1 for character in text if character > "\uffff")


def main():
    nlp = spacy.load(sys.argv[1])
    nlp.max_length = 10**9
    texts = [json.loads(line)["text"] for line in open(sys.argv[2], encoding="utf-8")]
    docs = (nlp.make_doc(text) for text in texts) if "--tokens" in sys.argv else nlp.pipe(texts, batch_size=64)
    with open(sys.argv[3], "w", encoding="utf-8") as file:
        for doc in docs:
            file.write(json.dumps({
                "unassigned": any(unicodedata.category(c) == "Cn" for c in doc.text),
                "words": [token.text for token in doc],
                "spaces": [int(bool(token.whitespace_)) for token in doc],
                "norms": [token.norm_ for token in doc],
                "shapes": [token.shape_ for token in doc],
                "heads": [token.head.i for token in doc],
                "labels": [token.dep_ for token in doc],
                "starts": [{True: 1, False: -1, None: 0}[token.is_sent_start] for token in doc],
            }) + "\n")


main()
