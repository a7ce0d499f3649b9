"""Writes the texts that src/spacy is compared on: notes, GENIA abstracts and hostile Unicode, one JSON object a line.

Usage: python spacy_texts.py DATA_FOLDER OUT.jsonl
"""
import csv
import json
import pathlib
import random
import sys

PIECES = [
    "[**2101-1-1**]", "[**Last Name (un) **]", "Dr.", "b.i.d.", "q.4h.", "5mg/dL", "H3g", "1-2", "...", "…", "\n", "\n\n", "  ", "\t",
    "\u00a0", "\u2003", "\u3000", "\u2028", "\ufeff", "\u200b", "can't", "gonna", "it's", "'Cause", "I'm", "e.g.", "vs.", "a.m.", "10a.m.",
    "http://example.org/a?b=c", "www.x.com", "me@x.org", "user:pw@host.co.uk", "10.0.0.1", "8.8.8.8", ":)", "(-:", "¯\\_(ツ)_/¯", "ಠ_ಠ", "--", "---",
    "“quoted”", "‘single’", "''", "``", "$5", "US$5", "5€", "25°C", "98.6F.", "120/80", "3x", "×", "2×3", "10^9/L", "α-helix", "TNF-α", "µg",
    "naïve", "ﬁ", "ǅ", "İ", "ß", "Ⓐ", "²", "①", "٣", "中文", "日本語。", "한국어", "हिन्दी", "עברית", "العربية", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "e\u0301", "\u0301", "\u0085", "\x1c", "\x00", "\x07", "\ue000", "\uffff", "\U000e0041", "\U0010ffff", "\U00020000", "a" * 120, "X" * 30, "1" * 40,
    "(((", ")))", "[[]]", "({[", "camera(s)", "C(j)", "[H]", "{x}y", "(a)b)c", "a,b,c", "A.B.C.", "x.Y", "end.Start", "end.", ".5", "1.", "1)", "#1", "%", "5%", "~5", "<3", ">10", "≥5", "=", "+", "5+", "+5", "§", "_", "a_b", "*", "***",
    "/", "and/or", "mg/kg/day", "q.d./b.i.d.", "-", "- ", "–", "—", "T-cell", "IL-2-induced", "'s", "'S", "’s", "patient's", "pts'", "X", "neg", "num", "TIME", "ID", "det",
]


def hostile(generator):
    count = generator.choice([0, 1, 2, 3, 5, 8, 13, 30])
    pieces = []
    for _ in range(count):
        kind = generator.random()
        if kind < 0.7:
            pieces.append(generator.choice(PIECES))
        elif kind < 0.85:
            pieces.append("".join(chr(random_code(generator)) for _ in range(generator.randint(1, 12))))
        else:
            pieces.append("".join(generator.choice("abAB01 .,;:-()[]{}'\"/*+=%$\n") for _ in range(generator.randint(1, 20))))
        if generator.random() < 0.6:
            pieces.append(generator.choice([" ", " ", " ", "  ", "\n", " \n "]))
    return "".join(pieces)


def random_code(generator):
    while True:
        code = generator.choice([generator.randrange(0x20, 0x250), generator.randrange(0, 0x3000), generator.randrange(0, 0x110000)])
        if not 0xD800 <= code <= 0xDFFF:
            return code


def notes(data):
    csv.field_size_limit(10**9)
    for row in csv.DictReader((data / "mtsamples/mtsamples.csv").open(newline="", encoding="utf-8")):
        yield row["transcription"]
    for name in ("train", "valid", "clinicalnlp_taskB_test1"):
        for row in csv.DictReader((data / f"aci-bench/{name}.csv").open(newline="", encoding="utf-8")):
            yield row["note"]
            yield row["dialogue"][:3000]
    for path in sorted((data / "mts-dialog").glob("*.csv")):
        for row in csv.DictReader(path.open(newline="", encoding="utf-8")):
            yield row["section_text"]
            yield row["dialogue"]
    for line in (data / "genia-sentences/sentences.jsonl").open(encoding="utf-8"):
        yield json.loads(line)["text"]
    for path in sorted((data / "maccrobat2020").glob("*.txt")):
        yield path.read_text("utf-8")[:6000]


def marked(text, generator):
    """A note with placeholders, dashes and line breaks put in, as MIMIC has them."""
    words = text.split(" ")
    for _ in range(max(1, len(words) // 25)):
        at = generator.randrange(len(words))
        words[at] = generator.choice(
            ["[**2101-1-1**]", "Dr.[**Last Name (NamePattern1) **]", "[**Hospital1 18**],", "[**First Name8 (NamePattern2) **].", "- ", "-", "\n-", "\n\n", "\n", ".\n", "[**5-6**].", "([**Name**])", "[**a**][**b**]", "[** unmatched", "--", "1. ", "\nPlan:"]
        )
    return " ".join(words)


def main():
    data, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    generator = random.Random(20191)
    texts = list(notes(data))
    shorter = [text[:1500] for text in texts]
    texts += [marked(text, generator) for text in generator.sample(shorter, 1200)]
    texts += ["", " ", "  ", "\n\n", "a", "a.", ". A", "- -", "a ", " a", "X", "neg", "\t\n \u2003", "a" * 1000, "word " * 5000, "[**a**]" * 20]
    texts += [hostile(generator) for _ in range(1500)]
    with out.open("w", encoding="utf-8") as file:
        for index, text in enumerate(texts):
            file.write(json.dumps({"id": index, "text": text}) + "\n")
    print(len(texts), "texts", sum(len(text.split()) for text in texts), "words")


main()
