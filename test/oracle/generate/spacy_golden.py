"""Trains a tiny pipeline on invented sentences and writes it with everything that src/spacy is compared on.

Usage: python spacy_golden.py OUT_FOLDER            under spaCy 3.7 (with scispacy --no-deps): spacy-v3.tar.gz, spacy-v3.json.gz
       embed_size=60 python spacy_golden.py OUT_FOLDER   under spaCy 2.0.18, Python 3.6:        spacy-v2.tar.gz, spacy-v2.json.gz

Heads and labels of the training sentences are invented, too: what is compared is arithmetic and rules, not accuracy.
"""
import gzip
import io
import json
import os
import pathlib
import random
import shutil
import sys
import tarfile

import numpy
import spacy
from scispacy.custom_tokenizer import combined_rule_tokenizer
from spacy.tokens import Doc

from spacy_script_dump import load_with_rules, script_sentences

VERSION = int(spacy.__version__.split(".")[0])
LEFT_LABELS = ["det", "amod", "nsubj", "case", "compound"]
RIGHT_LABELS = ["dobj", "nmod", "punct", "advmod", "conj"]
SENTENCES = [
    "The patient denies chest pain .", "She was admitted on Monday with fever and cough .", "Blood pressure 120/80 , heart rate 72 .",
    "No acute distress .", "Dr. Smith reviewed the chart .", "Aspirin 81 mg p.o. daily was continued .", "He can't walk without help .",
    "Follow up in two weeks .", "The wound is clean and dry .", "Labs were notable for a white count of 12.5 .",
    "Chest x-ray showed no infiltrate .", "Allergies : none known .", "Discharged home in stable condition .", "Please call with questions .",
]
TEXTS = [
    "", " ", "\n\n", "a", "a.", ". A", "- -", "X", "neg", "The patient denies chest pain. She was admitted on Monday.",
    "Dr.[**Last Name (un) **] saw her on [**2101-1-1**]. Plan: continue aspirin 81 mg p.o. daily.\n- follow up\n- call",
    "Allergies: none known.\n\nLabs were notable for a white count of 12.5.  No acute distress .\nHe can't walk, gonna rest.",
    "[**a**] and [**b**]. [**Hospital1 18**], Discharged [**Known lastname 1**] home.", "BP 120/80, HR 72, 98.6F. 5mg/dL H3g camera(s) C(j) [H]x",
    "na\u00efve caf\u00e9 \u03b1-helix 25\u00b0C \u201cquoted\u201d it\u2019s \U0001f600 \u4e2d\u6587 e\u0301 \u00b2\u00b3 \u2460", "10a.m. can't e.g. vs. (-: :) --- ... \u2026 1-2 2\u00d73",
    "\t \n leading and trailing  \u00a0", "Blood pressure 120/80 , heart rate 72 . " * 12, "a " * 40, "Pt. seen. Stable. - Home - Rest -- Return. . If Worse",
    "(x)(y) [z] {w} <v> 'u' \"t\" #s *r* &q _p_ /o/ a=b +c 50% $5 US$6", "x" * 130 + " end.", "[** unmatched and [**First Name8 (NamePattern2) **] [**5-6**]: Labs.",
]


def invented_trees(generator):
    """Words with heads and labels: chains to the left and right of a root, some of them crossing."""
    for text in SENTENCES:
        words = text.split(" ")
        root = min(len(words) - 1, 2)
        heads, labels = [], []
        for index in range(len(words)):
            if index == root:
                heads.append(index)
                labels.append("ROOT")
            elif index < root:
                heads.append(index + 1 if generator.random() < 0.5 else root)
                labels.append(LEFT_LABELS[len(words[index]) % len(LEFT_LABELS)])
            else:
                heads.append(index - 1 if generator.random() < 0.6 else root)
                labels.append(RIGHT_LABELS[len(words[index]) % len(RIGHT_LABELS)])
        yield words, heads, labels


def documents(generator, count):
    trees = list(invented_trees(generator))
    for _ in range(count):
        words, heads, labels = [], [], []
        for tree in generator.sample(trees, generator.randint(1, 3)):
            offset = len(words)
            words += tree[0]
            heads += [offset + head for head in tree[1]]
            labels += tree[2]
        yield words, [word not in (".", ",") for word in words], heads, labels


def add_vectors(nlp, width):
    numbers = numpy.random.RandomState(1)
    for word in sorted({word for sentence in SENTENCES for word in sentence.split(" ")}):
        nlp.vocab.set_vector(word, numbers.normal(size=width).astype("f"))


def train_v3(nlp, trees):
    from spacy.training import Example

    embed = {"@architectures": "spacy.MultiHashEmbed.v2", "width": 16, "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE", "SPACY", "IS_SPACE"], "rows": [60, 30, 40, 40, 10, 10], "include_static_vectors": True}
    encode = {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 16, "depth": 2, "window_size": 1, "maxout_pieces": 3}
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 16, "upstream": "*"}
    nlp.add_pipe("tok2vec", config={"model": {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode}})
    parser = {"@architectures": "spacy.TransitionBasedParser.v2", "state_type": "parser", "extra_state_tokens": False, "hidden_width": 12, "maxout_pieces": 2, "use_upper": True, "nO": None, "tok2vec": listener}
    nlp.add_pipe("parser", config={"min_action_freq": 1, "model": parser})
    examples = []
    for words, spaces, heads, labels in trees:
        gold = Doc(nlp.vocab, words=words, spaces=spaces, heads=heads, deps=labels)
        examples.append(Example(Doc(nlp.vocab, words=words, spaces=spaces), gold))
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(600):
        nlp.update(random.sample(examples, 8), sgd=optimizer, drop=0.1)


def train_v2(nlp, trees):
    from spacy.gold import GoldParse

    nlp.vocab.vectors.name = "golden_vectors"
    pipe = nlp.create_pipe("parser")
    nlp.add_pipe(pipe)
    for label in LEFT_LABELS + RIGHT_LABELS + ["ROOT", "nmod||dobj", "conj||nsubj"]:
        pipe.add_label(label)
    optimizer = nlp.begin_training(hidden_width=12, token_vector_width=16)
    for _ in range(150):
        batch = random.sample(trees, 8)
        docs = [Doc(nlp.vocab, words=tree[0], spaces=tree[1]) for tree in batch]
        golds = [GoldParse(doc, heads=tree[2], deps=tree[3]) for doc, tree in zip(docs, batch)]
        nlp.update(docs, golds, drop=0.1, sgd=optimizer)


def rounded(array):
    return [float("%.8g" % value) for value in numpy.asarray(array, dtype="float64").ravel()]


def inner_v3(nlp, text):
    doc = nlp.make_doc(text)
    tok2vec, parser = nlp.get_pipe("tok2vec"), nlp.get_pipe("parser")
    tables = [node for node in tok2vec.model.walk() if node.name == "hashembed"]
    ids = doc.to_array(["NORM", "PREFIX", "SUFFIX", "SHAPE", "SPACY", "IS_SPACE"]).astype("uint64")
    tables.sort(key=lambda node: node.attrs["seed"])
    rows = [(node.ops.hash(numpy.ascontiguousarray(ids[:, column]), node.attrs["seed"]) % node.get_dim("nV")).tolist() for column, node in enumerate(tables)]
    embedded = tok2vec.model.get_ref("embed").predict([doc])[0]
    vectors = tok2vec.predict([doc])
    tok2vec.set_annotations([doc], vectors)
    states = parser.moves.init_batch([doc])
    model = parser.model.predict([doc])
    steps = []
    while not states[0].is_final():
        scores = model.predict(states)
        steps.append({"features": model.get_token_ids(states)[0].tolist(), "scores": rounded(scores)})
        if not parser.transition_states(states, numpy.ascontiguousarray(scores)):
            break
    return {"text": text, "ids": [[str(value) for value in row] for row in ids.tolist()], "rows": rows, "embedded": rounded(embedded), "vectors": rounded(vectors[0]), "steps": steps}


def inner_v2(nlp, text):
    doc = nlp.make_doc(text)
    parser = nlp.get_pipe("parser")
    (vectors, _), _, _ = parser.get_batch_model([doc], None, 0.0)
    return {"text": text, "vectors": rounded(vectors)}


def main():
    out = pathlib.Path(sys.argv[1])
    random.seed(5)
    spacy.util.fix_random_seed(5)
    generator = random.Random(5)
    nlp = spacy.blank("en")
    nlp.tokenizer = combined_rule_tokenizer(nlp)
    add_vectors(nlp, 8)
    trees = list(documents(generator, 60))
    (train_v3 if VERSION == 3 else train_v2)(nlp, trees)
    folder = out / ("golden_v%d" % VERSION)
    nlp.to_disk(folder)
    nlp = spacy.load(str(folder))
    answers = []
    for text in TEXTS:
        doc = nlp(text)
        answers.append({
            "text": text,
            "words": [token.text for token in doc],
            "spaces": [int(bool(token.whitespace_)) for token in doc],
            "norms": [token.norm_ for token in doc],
            "heads": [token.head.i for token in doc],
            "labels": [token.dep_ for token in doc],
            "starts": [{True: 1, False: -1, None: 0}[token.is_sent_start] if VERSION == 3 else int(token.sent_start or 0) for token in doc],
        })
    inner = (inner_v3 if VERSION == 3 else inner_v2)(nlp, TEXTS[10])
    rules = load_with_rules(str(folder))
    script = [script_sentences(rules, text) for text in TEXTS]
    golden = {"spacy": spacy.__version__, "python": sys.version.split()[0], "answers": answers, "script": script, "inner": inner}
    with gzip.GzipFile(str(out / ("spacy-v%d.json.gz" % VERSION)), "wb", mtime=0) as file:
        file.write(json.dumps(golden).encode("utf-8"))
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = tarfile.TarInfo("golden-0.0.0/golden/golden-0.0.0/" + path.relative_to(folder).as_posix())
                entry.size = path.stat().st_size
                with path.open("rb") as file:
                    tar.addfile(entry, file)
    with gzip.GzipFile(str(out / ("spacy-v%d.tar.gz" % VERSION)), "wb", mtime=0) as file:
        file.write(plain.getvalue())
    shutil.rmtree(str(folder))
    for name in ("spacy-v%d.json.gz" % VERSION, "spacy-v%d.tar.gz" % VERSION):
        print(name, os.path.getsize(str(out / name)))


main()
