"""Runs a spaCy 2.0.18 pipeline over texts; the same lines as spacy_dump.py.

Usage: embed_size=N python spacy2_dump.py PIPELINE TEXTS.jsonl OUT.jsonl
"""
import io
import json
import sys
import unicodedata

import spacy


def main():
    nlp = spacy.load(sys.argv[1])
    nlp.max_length = 10 ** 9
    texts = [json.loads(line)["text"] for line in io.open(sys.argv[2], encoding="utf-8")]
    with io.open(sys.argv[3], "w", encoding="utf-8") as file:
        for text in texts:
            doc = nlp(text)
            file.write(json.dumps({
                "unassigned": any(unicodedata.category(c) == "Cn" for c in doc.text),
                "words": [token.text for token in doc],
                "spaces": [int(bool(token.whitespace_)) for token in doc],
                "norms": [token.norm_ for token in doc],
                "heads": [token.head.i for token in doc],
                "labels": [token.dep_ for token in doc],
                "starts": [int(token.sent_start or 0) for token in doc],
            }) + "\n")


main()
