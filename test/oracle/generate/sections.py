"""Writes test/oracle/sections/fuzzed.jsonl.gz: hostile texts and what the published section script makes of them.

Usage: python sections.py heuristic_tokenize.py > fuzzed.jsonl && gzip -9n fuzzed.jsonl
The argument is lm_pretraining/heuristic_tokenize.py of EmilyAlsentzer/clinicalBERT (commit a9d9169), which is not kept here.
Python 3.11.7. The import of nltk, which the script does not use, is left out; `corrected` applies the two fixes that the
head of the script documents.
"""
import json
import random
import sys
import warnings

warnings.simplefilter("ignore")

TOKENS = [
    "\n", "\n", "\n\n", "\n ", "\n  ", " ", "  ", "\t", "\r\n", "---", "----", "--", "___", "____", "__", "-----", "_____",
    "1.", "2.", "3.", "01.", "02.", "10.", "11.", "12", "1", "2", "3 tablets", "0.", "0", "9.", "100.", "1.5", "2)", "3)",
    "Labs:", "LABS:", "Past Medical History:", "History (of illness):", "Disp:", "Disp", "of:", "on or of:", "On:", "Vitals (x",
    "a) b:", "A:", "AA:", "B c:", "NOTE:", "Admission Date: ", "Discharge Date: ", " Discharge Date: x",
    "Admission Date: x Discharge Date: y", "Date of Birth: ", " Sex: ", "Date of Birth: a Sex: F", "Sex: ", "word", "Word",
    "CV: RRR", "Neuro:", "  Neuro: ok", "ok", "\u00c9", "\u00c9clair:", "\u0130x:", "\u00df:", "\u01c5:", "\u0663.", "\u0664.",
    "\U0001d7cf.", "\u00b2", "\x1c", "\x1f", "\x85", "\xa0", "\u2028", "\ufeff", "\u200b", "\u3000", ":", "(", ")", ".",
    "\x0c", "\x0b", "\U0001d400b:", "\u24b6:", "\u2026", "\u4e2d\u6587:", "99999999999999999999.", "5.", "6.", "7.", "8.",
    "\n4.", "\n5.", "\n1. ", "\n2. ", "\n3. ", "\n 1.\n",
]


def load(path, fixed):
    source = open(path, encoding="utf-8").read().replace("import re, nltk", "import re")
    if fixed:
        source = source.replace("'\\n\\s*%d.'%n,segment):", "'\\n\\s*%d\\\\.'%n,segment):", 1)
        source = source.replace("            #else: new_segments.append", "            else: new_segments.append", 1)
    names = {}
    exec(compile(source, path, "exec"), names)
    return names["sent_tokenize_rules"]


def run(function, text):
    try:
        return function(text)
    except Exception:
        return None


def main():
    published, fixed = load(sys.argv[1], False), load(sys.argv[1], True)
    random.seed(20190406)
    for index in range(3000):
        pool = random.sample(TOKENS, random.choice([4, 8, 16, len(TOKENS)]))
        text = "".join(random.choice(pool) for _ in range(random.choice([1, 2, 3, 5, 8, 13, 30, 80])))
        if random.random() < 0.15:
            text = "Admission Date: a Discharge Date: b" + random.choice(["\n\n", "\n", "", " ", "---"]) + text
        row = {"id": f"fuzzed-{index}", "text": text, "alsentzer2019": run(published, text), "corrected": run(fixed, text)}
        print(json.dumps(row))


main()
