"""Prints the constant tables of spaCy that src/spacy needs: ids of symbol names, norm exceptions, digits, punctuation marks.

Usage: python spacy_tables.py v2|v3 > src/spacy/tables/spacy-v2.generated.ts   (or spacy-v3)

Run it under spaCy 2.0.18 (Python 3.6) for v2 and under spaCy 3.7 for v3.
"""
import json
import sys

import spacy
from spacy import symbols
from spacy.lang.norm_exceptions import BASE_NORMS


def runs(ids):
    """[[first id, "name name …"], …] of consecutive ids."""
    result = []
    for name, number in sorted(ids.items(), key=lambda item: item[1]):
        if result and result[-1][0] + len(result[-1][1]) == number:
            result[-1][1].append(name)
        else:
            result.append([number, [name]])
    return [[start, " ".join(names)] for start, names in result]


def emit(name, kind, value, comment):
    print("/** %s */" % comment)
    print("export const %s: %s = %s;" % (name, kind, json.dumps(value, ensure_ascii=False, separators=(", ", ": "))))


def main():
    version = sys.argv[1]
    ids = {name: number for name, number in symbols.IDS.items() if name and number}
    print("/** @file Constant tables of spaCy %s, written by test/oracle/generate/spacy_tables.py. MIT, explosion AI. */" % spacy.__version__)
    emit("SYMBOL_RUNS", "readonly (readonly [number, string])[]", runs(ids), "Names that the string store maps to small integers: first id and consecutive names.")
    emit("BASE_NORMS", "Readonly<Record<string, string>>", BASE_NORMS, "Norms of every language.")
    if version == "v2":
        from spacy.lang.en import English

        table = dict(spacy.lang.en.norm_exceptions.NORM_EXCEPTIONS)
        emit("ENGLISH_NORMS", "Readonly<Record<string, string>>", table, "Norms of English.")
    else:
        from spacy.pipeline.sentencizer import Sentencizer

        emit("SENTENCE_MARKS", "readonly string[]", sorted(set(Sentencizer.default_punct_chars)), "Marks after which the sentencizer ends a sentence.")
        digits = [c for c in range(0x110000) if chr(c).isdigit() and not chr(c).isdecimal()]
        spans = []
        for code in digits:
            if spans and spans[-1][1] == code - 1:
                spans[-1][1] = code
            else:
                spans.append([code, code])
        emit("EXTRA_DIGITS", "readonly (readonly [number, number])[]", spans, "Code points with isdigit() true and isdecimal() false in Python %d.%d." % sys.version_info[:2])


main()
