"""Trains one small spaCy 2.0.18 pipeline with the parts of en_core_sci_md 0.1.0 on CoNLL-U files.

Usage: embed_size=N python spacy2_train.py OUT --data FOLDER [--seed N --width N --hidden N --vectors N --steps N]

Needs Python 3.6 or 3.7 with spacy==2.0.18, thinc==6.12.1, regex==2018.1.10, msgpack-numpy==0.4.3.2 and scispacy==0.1.0 (--no-deps).
The environment variable embed_size is not stored with the model: set it for training and loading alike.
"""
import argparse
import pathlib
import random

import numpy
import spacy
from scispacy.custom_tokenizer import combined_rule_tokenizer
from spacy.gold import GoldParse
from spacy.tokens import Doc

from spacy_conllu import read_sentences


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--hidden", type=int, default=200)
    parser.add_argument("--vectors", type=int, default=0)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--sentences", type=int, default=0)
    options = parser.parse_args()
    generator = random.Random(options.seed)
    spacy.util.fix_random_seed(options.seed)
    nlp = spacy.blank("en")
    nlp.tokenizer = combined_rule_tokenizer(nlp)
    sentences = [s for path in sorted(options.data.glob("*.conllu")) for s in read_sentences(path)]
    if options.sentences:
        sentences = sentences[: options.sentences]
    if options.vectors:
        words = sorted({word for sentence in sentences for word, _, _ in sentence})[:3000]
        numbers = numpy.random.RandomState(options.seed)
        for word in words:
            nlp.vocab.set_vector(word, numbers.normal(size=options.vectors).astype("f"))
        nlp.vocab.vectors.name = "test_vectors"
    pipe = nlp.create_pipe("parser")
    nlp.add_pipe(pipe)
    examples = []
    for start in range(0, len(sentences) - 3, 3):
        words, spaces, heads, labels = [], [], [], []
        for sentence in sentences[start : start + generator.randint(1, 3)]:
            offset = len(words)
            for index, (word, head, label) in enumerate(sentence):
                words.append(word)
                closing = index + 1 < len(sentence) and sentence[index + 1][0] in (".", ",", ")", ";", ":")
                spaces.append(not closing and word != "(")
                heads.append(offset + head - 1 if head > 0 else offset + index)
                labels.append(label if head > 0 else "ROOT")
        examples.append((words, spaces, heads, labels))
    for label in sorted({label for example in examples for label in example[3]}):
        pipe.add_label(label)
    for label in ("nmod||dobj", "conj||nsubj", "advcl||ROOT"):
        pipe.add_label(label)
    optimizer = nlp.begin_training(hidden_width=options.hidden, token_vector_width=options.width)
    for step in range(options.steps):
        batch = generator.sample(examples, 8)
        docs = [Doc(nlp.vocab, words=w, spaces=s) for w, s, _, _ in batch]
        golds = [GoldParse(doc, heads=h, deps=d) for doc, (_, _, h, d) in zip(docs, batch)]
        losses = {}
        nlp.update(docs, golds, drop=0.1, sgd=optimizer, losses=losses)
        if step % 50 == 0:
            print(step, losses, flush=True)
    nlp.to_disk(options.out)
    print("saved", options.out)


if __name__ == "__main__":
    main()
