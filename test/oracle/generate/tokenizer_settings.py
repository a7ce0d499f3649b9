"""Truncation, padding and decoding as a tokenizer.json asks for them: what the crate does on every call, what AutoTokenizer takes of it.

python tokenizer_settings.py > ../tokenizer-settings.json        (tokenizers 0.23.3, transformers 5.23.0)
"""
import itertools
import json
import os
import sys
import tempfile

import tokenizers
import transformers
from tokenizers import Tokenizer
from transformers import AutoTokenizer, BertTokenizerFast

VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] the patient was seen by dr . , ? ! ' - ( ) pain fever no not do n t s m ve re "
    "2 5 mg p o b i d it he does do ##n ##t ##s un ##aff ##able ##ing [NAME] n't 's 've"
).split()
VOCABULARY = list(dict.fromkeys(VOCABULARY))
TEXTS = ["the patient was seen by dr. not, no pain!", "fever?", "he doesn't do 2.5 mg p.o. (b.i.d.) it's unaffable", ""]
PAIRS = [["the patient was seen by dr.", "no pain ! no fever ?"], ["fever", "the patient was seen by dr. not"]]

TRUNCATIONS = [
    None,
    {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0},
    {"direction": "Left", "max_length": 8, "strategy": "LongestFirst", "stride": 1},
    {"direction": "Right", "max_length": 12, "strategy": "OnlyFirst", "stride": 2},
]
PADDINGS = [
    None,
    {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
    {"strategy": {"Fixed": 12}, "direction": "Left", "pad_to_multiple_of": 5, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
]

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "vocab.txt")
    open(path, "w").write("".join(f"{token}\n" for token in VOCABULARY))
    BertTokenizerFast(vocab={token: id for id, token in enumerate(VOCABULARY)}, do_lower_case=True).save_pretrained(folder)
    base = json.load(open(os.path.join(folder, "tokenizer.json")))
    base["added_tokens"].append(
        {"id": VOCABULARY.index("[NAME]"), "content": "[NAME]", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    )
    config = json.load(open(os.path.join(folder, "tokenizer_config.json")))

    def write(truncation, padding, more):
        json.dump({**base, "truncation": truncation, "padding": padding}, open(os.path.join(folder, "tokenizer.json"), "w"))
        json.dump({**config, **more}, open(os.path.join(folder, "tokenizer_config.json"), "w"))
        return {"truncation": truncation, "padding": padding, "config": more}

    crate = []
    for truncation, padding in itertools.product(TRUNCATIONS, PADDINGS):
        case = write(truncation, padding, {})
        raw = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        encoded = [raw.encode(text) for text in TEXTS] + [raw.encode(*pair) for pair in PAIRS[:1]]
        crate.append({**case, "tokens": [e.tokens for e in encoded], "overflowing": [[o.tokens for o in e.overflowing] for e in encoded]})
    auto = []
    for direction, side in itertools.product(["Left", "Right", None], ["left", "right", None]):
        truncation = direction and {**TRUNCATIONS[1], "direction": direction}
        padding = direction and {**PADDINGS[1], "direction": direction}
        more = {} if side is None else {"padding_side": side, "truncation_side": side}
        case = write(truncation, padding, more)
        one = AutoTokenizer.from_pretrained(folder)
        calls = {
            "plain": one(TEXTS[0])["input_ids"],
            "truncated": one(TEXTS[0], truncation=True, max_length=6)["input_ids"],
            "padded": one(TEXTS[:2], padding=True)["input_ids"],
            "fixed": one(TEXTS[1], padding="max_length", max_length=9)["input_ids"],
        }
        auto.append({**case, "sides": [one.padding_side, one.truncation_side], "calls": calls})
    decoded = []
    write(None, None, {})
    one = AutoTokenizer.from_pretrained(folder)
    rows = [one(text)["input_ids"] for text in TEXTS] + [
        [VOCABULARY.index(token) for token in row.split()]
        for row in ["##able un ##aff ##able", "it 's no n't 've do not", "[CLS] [NAME] . [MASK] ! [PAD]", "he ' s 2 . 5 , do ##n ' ##t ( b . i . d . )", ", pain"]
    ]
    for ids, skip, clean in itertools.product(rows, [True, False], [True, False]):
        text = one.decode(ids, skip_special_tokens=skip, clean_up_tokenization_spaces=clean)
        decoded.append({"ids": ids, "skip": skip, "clean": clean, "text": text})
    json.dump(
        {
            "versions": {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__},
            "tokenizer": base,
            "config": config,
            "texts": TEXTS,
            "pair": PAIRS[0],
            "crate": crate,
            "auto": auto,
            "decoded": decoded,
        },
        sys.stdout,
    )
