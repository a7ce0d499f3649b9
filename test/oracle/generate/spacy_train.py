"""Trains one small spaCy 3 pipeline with the architecture of scispaCy's configurations on CoNLL-U files.

Usage: python spacy_train.py OUT --data FOLDER [--seed N --width N --depth N --hidden N --pieces N --vectors N
       --tokenizer scispacy|english --senter listener|own|none --parser v2|none --steps N --rows N ...]

Needs spacy 3.x and (for the tokenizer) scispacy installed with --no-deps. Static vectors are random numbers: what is compared
is arithmetic, not accuracy. Nothing here is run by the package or its tests.
"""
import argparse
import pathlib
import random

import numpy
import spacy
from spacy.tokens import Doc
from spacy.training import Example

from spacy_conllu import read_sentences


def read_documents(folder, vocab, generator, longest=8):
    """Groups sentences of the files into documents of 1..longest sentences; some sentences lose their
    full stop or end in line breaks, as notes do."""
    documents = []
    for path in sorted(folder.glob("*.conllu")):
        pending = []
        wanted = generator.randint(1, longest)
        for sentence in read_sentences(path):
            pending.append(sentence)
            if len(pending) == wanted:
                documents.append(pending)
                pending, wanted = [], generator.randint(1, longest)
        if pending:
            documents.append(pending)
    return [build_document(sentences, vocab, generator) for sentences in documents]


def build_document(sentences, vocab, generator):
    words, spaces, heads, labels, starts = [], [], [], [], []
    for sentence in sentences:
        offset = len(words)
        if generator.random() < 0.15 and len(sentence) > 1 and sentence[-1][0] == ".":
            sentence = [(w, h if h < len(sentence) else 0, l) for w, h, l in sentence[:-1]]
        for index, (word, head, label) in enumerate(sentence):
            words.append(word)
            closing = index + 1 < len(sentence) and sentence[index + 1][0] in (".", ",", ")", ";", ":")
            spaces.append(not closing and word != "(")
            heads.append(offset + head - 1 if head > 0 else offset + index)
            labels.append(label if head > 0 else "ROOT")
            starts.append(index == 0)
        if generator.random() < 0.25:
            spaces[-1] = False
            words.append("\n" * generator.randint(1, 2))
            spaces.append(False)
            heads.append(len(words) - 2)
            labels.append("dep")
            starts.append(False)
    return Doc(vocab, words=words, spaces=spaces, heads=heads, deps=labels, sent_starts=starts)


def without_annotation(document):
    spaces = [bool(token.whitespace_) for token in document]
    return Doc(document.vocab, words=[token.text for token in document], spaces=spaces)


def make_vectors(nlp, documents, width, generator):
    counts = {}
    for document in documents:
        for token in document:
            counts[token.text] = counts.get(token.text, 0) + 1
    words = sorted(counts, key=lambda word: (-counts[word], word))[:3000]
    numbers = numpy.random.RandomState(generator.randint(0, 2**31))
    for word in words:
        nlp.vocab.set_vector(word, numbers.normal(size=width).astype("f"))
    nlp.vocab.prune_vectors(max(50, len(words) // 2))


def pipeline_config(options):
    embed = {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": options.width,
        "attrs": options.attributes,
        "rows": options.rows,
        "include_static_vectors": options.vectors > 0,
    }
    encode = {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": options.width,
        "depth": options.depth,
        "window_size": options.window,
        "maxout_pieces": options.pieces,
    }
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": options.width, "upstream": "*"}
    own = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 16,
        "depth": 2,
        "embed_size": 200,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
    }
    return {
        "tok2vec": {"model": {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode}},
        "parser": {
            "min_action_freq": options.cutoff,
            "model": {
                "@architectures": "spacy.TransitionBasedParser.v2",
                "state_type": "parser",
                "extra_state_tokens": options.extra,
                "hidden_width": options.hidden,
                "maxout_pieces": options.parser_pieces,
                "use_upper": not options.no_upper,
                "nO": None,
                "tok2vec": listener,
            },
        },
        "senter": {
            "model": {
                "@architectures": "spacy.Tagger.v2",
                "nO": None,
                "normalize": False,
                "tok2vec": own if options.senter == "own" else listener,
            }
        },
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--window", type=int, default=1)
    parser.add_argument("--pieces", type=int, default=3)
    parser.add_argument("--parser-pieces", type=int, default=3)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--vectors", type=int, default=0)
    parser.add_argument("--attributes", nargs="+", default=["NORM", "PREFIX", "SUFFIX", "SHAPE", "SPACY", "IS_SPACE"])
    parser.add_argument("--rows", type=int, nargs="+", default=[5000, 1000, 2500, 2500, 50, 50])
    parser.add_argument("--tokenizer", choices=["scispacy", "english"], default="scispacy")
    parser.add_argument("--senter", choices=["listener", "own", "none"], default="none")
    parser.add_argument("--parser", choices=["v2", "none"], default="v2")
    parser.add_argument("--extra", action="store_true", help="extra_state_tokens")
    parser.add_argument("--no-upper", action="store_true", help="use_upper = false")
    parser.add_argument("--cutoff", type=int, default=30, help="min_action_freq")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--documents", type=int, default=0, help="use only the first N documents")
    options = parser.parse_args()

    generator = random.Random(options.seed)
    spacy.util.fix_random_seed(options.seed)
    nlp = spacy.blank("en")
    if options.tokenizer == "scispacy":
        from scispacy.custom_tokenizer import combined_rule_tokenizer

        nlp.tokenizer = combined_rule_tokenizer(nlp)
    documents = read_documents(options.data, nlp.vocab, generator)
    if options.documents:
        documents = documents[: options.documents]
    if options.vectors:
        make_vectors(nlp, documents, options.vectors, generator)
    config = pipeline_config(options)
    names = []
    if options.parser != "none" or options.senter == "listener":
        names.append("tok2vec")
    if options.senter != "none" and options.parser == "none":
        names.append("senter")
    if options.parser != "none":
        names.append("parser")
    if options.senter != "none" and options.parser != "none":
        names.append("senter")
    for name in names:
        nlp.add_pipe(name, config=config[name])

    examples = [Example(without_annotation(document), document) for document in documents]
    optimizer = nlp.initialize(lambda: examples)
    for step in range(options.steps):
        batch = generator.sample(examples, min(8, len(examples)))
        losses = {}
        nlp.update(batch, sgd=optimizer, drop=0.1, losses=losses)
        if step % 50 == 0:
            print(step, {name: round(float(value), 2) for name, value in losses.items()}, flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(options.out)
    print("saved", options.out, nlp.pipe_names, flush=True)


if __name__ == "__main__":
    main()
