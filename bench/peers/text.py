"""Sentence splitters of PyPI, and the published section script, on texts in JSON lines (one JSON string a line).

Usage: python text.py speed|starts FILE     needs pysbd, spacy, nltk, blingfire
Prints one JSON object a line. `speed`: megabytes of UTF-8 a second of processor time, over at most 5 s of texts each. `starts`: UTF-16
offsets of the sentences of every text. Punkt is untrained where its English model is not installed. The section script is
measured when HEURISTIC_TOKENIZE names lm_pretraining/heuristic_tokenize.py of EmilyAlsentzer/clinicalBERT.
"""
import json
import os
import sys
import time
import warnings

# The spacy.py beside this file would hide the package of that name.
sys.path.pop(0)
warnings.simplefilter("ignore")


def splitters(with_slow):
    import blingfire
    import nltk
    import spacy

    sentencizer = spacy.blank("en")
    sentencizer.add_pipe("sentencizer")
    sentencizer.max_length = 10**9
    try:
        punkt = nltk.data.load("tokenizers/punkt/english.pickle")
        punkt_name = "NLTK Punkt"
    except LookupError:
        from nltk.tokenize.punkt import PunktSentenceTokenizer

        punkt = PunktSentenceTokenizer()
        punkt_name = "NLTK Punkt (untrained)"
    found = {
        "BlingFire": lambda text: [start for start, _ in blingfire.text_to_sentences_and_offsets(text)[1]],
        punkt_name: lambda text: [start for start, _ in punkt.span_tokenize(text)],
        "spaCy sentencizer": lambda text: [sent.start_char for sent in sentencizer(text).sents],
    }
    if with_slow:
        import pysbd

        segmenter = pysbd.Segmenter(language="en", clean=False, char_span=True)
        found["pySBD"] = lambda text: [span.start + len(span.sent) - len(span.sent.lstrip()) for span in segmenter.segment(text)]
    return found


def published_sections():
    path = os.environ.get("HEURISTIC_TOKENIZE")
    if path is None:
        return {}
    names = {}
    source = open(path, encoding="utf-8").read().replace("import re, nltk", "import re")
    exec(compile(source, path, "exec"), names)
    split = names["sent_tokenize_rules"]

    def refusable(text):
        try:
            split(text)
        except Exception:
            pass

    return {"published sections": refusable}


def utf16(text, offsets):
    units, at = [], 0
    for character in text:
        units.append(at)
        at += 2 if ord(character) > 0xFFFF else 1
    units.append(at)
    return [units[offset] for offset in offsets]


def main():
    part, path = sys.argv[1:]
    texts = [json.loads(line) for line in open(path, encoding="utf-8")]
    if part == "starts":
        for name, split in splitters(sum(map(len, texts)) < 1_000_000).items():
            print(json.dumps({"name": name, "starts": [utf16(text, split(text)) for text in texts]}))
        return
    for name, split in {**splitters(False), **published_sections()}.items():
        split(texts[0])
        start, size = time.process_time(), 0
        for text in texts:
            split(text)
            size += len(text.encode("utf-8", "surrogatepass"))
            if time.process_time() - start > 5:
                break
        print(json.dumps({"name": name, "part": part, "megabytesPerSecond": size / 1e6 / (time.process_time() - start)}))


main()
