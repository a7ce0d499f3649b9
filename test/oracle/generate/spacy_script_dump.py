"""Runs what clinicalBERT's format_mimic_for_BERT.py puts around spaCy, under spaCy 2.0.18 as published or under spaCy 3.

Usage: [embed_size=N] python spacy_script_dump.py PIPELINE TEXTS.jsonl OUT.jsonl

Every text is one section. A line is the list of sentences that the script would write for it, or null where it loses the note.
"""
import io
import json
import re
import sys

import spacy

VERSION = int(spacy.__version__.split(".")[0])


def sbd_component(doc):
    for i, token in enumerate(doc[:-2]):
        if token.text == "." and doc[i + 1].is_title:
            doc[i + 1].sent_start = True
        if token.text == "-" and doc[i + 1].text != "-":
            doc[i + 1].sent_start = True
    return doc


def fix_deid_tokens(text, doc):
    for match in list(re.finditer(r"\[\*\*.{0,15}.*?\*\*\]", text, flags=re.IGNORECASE)):
        start, end = match.span()
        if VERSION == 2:
            doc.merge(start_idx=start, end_idx=end)
            continue
        span = doc.char_span(start, end)
        if span is not None:
            with doc.retokenize() as retokenizer:
                retokenizer.merge(span)
    return doc


def load_with_rules(path):
    nlp = spacy.load(path, disable=["tagger", "ner"])
    if VERSION == 2:
        nlp.add_pipe(sbd_component, before="parser")
    else:
        spacy.Language.component("sbd_component", func=sbd_component)
        nlp.add_pipe("sbd_component", before="parser")
    return nlp


def script_sentences(nlp, text):
    """What the script writes for one section; None where it loses the note."""
    try:
        doc = fix_deid_tokens(text, nlp(text))
        return [sent.text.replace("\n", " ") for sent in doc.sents if len(sent.text) > 0]
    except Exception as error:
        sys.stderr.write("%s\n" % type(error).__name__)
        return None


def main():
    nlp = load_with_rules(sys.argv[1])
    texts = [json.loads(line)["text"] for line in io.open(sys.argv[2], encoding="utf-8")]
    with io.open(sys.argv[3], "w", encoding="utf-8") as file:
        for text in texts:
            file.write(json.dumps(script_sentences(nlp, text)) + "\n")


if __name__ == "__main__":
    main()
