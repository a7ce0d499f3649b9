"""Reads CoNLL-U files for spacy_train.py and spacy2_train.py."""


def read_sentences(path):
    words = []
    for line in path.read_text("utf-8").split("\n"):
        if not line.strip():
            if words:
                yield words
            words = []
        elif not line.startswith("#"):
            columns = line.split("\t")
            words.append((columns[1], int(columns[6]), columns[7]))
