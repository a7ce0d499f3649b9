"""Writes test/oracle/wordpiece.json.gz and encodings.json.gz: what the two references make of hostile text, with a vocabulary of
single characters, so that every difference in cleaning, case, accents and splitting shows in the ids.

Usage: python test/oracle/generate/wordpiece.py BERT    BERT = a checkout of github.com/google-research/bert at eedf571
Needs Python 3.11 (Unicode 14.0), `pip install tokenizers==0.23.3 six`.
"""
import gzip
import json
import pathlib
import random
import sys
import types
import unicodedata

import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

assert unicodedata.unidata_version == "14.0.0"
sys.modules["tensorflow"] = types.ModuleType("tensorflow")  # tokenization.py needs it only to open the vocabulary
sys.path.insert(0, sys.argv[1])
import tokenization  # noqa: E402

ORACLE = pathlib.Path(__file__).resolve().parents[1]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
BLOCKS = [(0, 0x7F), (0, 0x20), (0x80, 0xFF), (0x100, 0x24F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF),
          (0xE00, 0x11FF), (0x1B00, 0x1CFF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x2BFF), (0x2E00, 0x30FF), (0x4E00, 0x4E40),
          (0xAC00, 0xAC80), (0xD7B0, 0xD7FF), (0xE000, 0xE020), (0xF900, 0xFFFF), (0x10000, 0x10FFF), (0x1D100, 0x1D7FF), (0x20000, 0x20040),
          (0x2F800, 0x2FA20), (0x30000, 0x30010), (0xE0000, 0xE0080), (0x10FFF0, 0x10FFFF)]
PIECES = ["Σ", "ΑΣ", "ΣΑ", "İ", "ß", "\ufffd", "\x00", "\u0345", "\u302e\u1b44", "[MASK]", "[SEP]", "[mask]", " ", "\n", "\r", "\t", "\u2028", "\x1c",
          "\x85", "\xa0", "\u200b", "##", "'", "-", "e\u0301", "≮", "\u212a", "ẞ", "\ufeff", "pain", "CABG", "x" * 100, "x" * 101, "y" * 200, "y" * 201,
          "\U00020000" * 3, "ⸯ", "⹉", "\ue000", "\u0378", "한글", "ÅÉ", "_", "~"]
random_source = random.Random(20261122)


def make_text():
    parts = []
    for _ in range(random_source.randint(1, 6)):
        if random_source.random() < 0.4:
            parts.append(random_source.choice(PIECES))
        else:
            low, high = random_source.choice(BLOCKS)
            parts.append("".join(chr(random_source.randint(low, high)) for _ in range(random_source.randint(1, 4))))
        if random_source.random() < 0.3:
            parts.append(" ")
    return "".join(parts)


texts = PIECES + [make_text() for _ in range(1600)]
texts += [text + "\ud83d\x00\ude00 \udfff" for text in ("a", "é", "")]


def google(lowercase, vocabulary):
    basic = tokenization.BasicTokenizer(do_lower_case=lowercase)
    pieces = tokenization.WordpieceTokenizer(vocab=vocabulary)
    return lambda text: [piece for word in basic.tokenize(text) for piece in pieces.tokenize(word)]


def huggingface(lowercase, vocabulary):
    crate = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    crate.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    crate.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    crate.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    crate.add_special_tokens(SPECIAL)
    return crate


def characters():
    found = set()
    for lowercase in (True, False):
        basic = tokenization.BasicTokenizer(do_lower_case=lowercase)
        bert = normalizers.BertNormalizer(lowercase=lowercase)
        for text in texts:
            found.update("".join(basic.tokenize(text)))
            found.update(bert.normalize_str(text.encode("utf-8", "ignore").decode()))
    return sorted(c for c in found if not c.isspace() and not 0xD800 <= ord(c) < 0xE000 and c != "\ufffd")


tokens = SPECIAL + characters() + ["##" + c for c in characters()]
vocabulary = {token: number for number, token in enumerate(tokens)}
cases = []
for text in texts:
    case = {"text": text}
    for name, lowercase in (("cased", False), ("uncased", True)):
        case[name] = {"google": [vocabulary[piece] for piece in google(lowercase, vocabulary)(text)]}
        if not any(0xD800 <= ord(c) < 0xE000 for c in text):
            encoding = huggingface(lowercase, vocabulary).encode(text, add_special_tokens=False)
            case[name]["huggingface"] = encoding.ids
            case[name]["spans"] = [list(span) for span in encoding.offsets]
    cases.append(case)

versions = {"google-research/bert": "eedf571", "unicodedata": unicodedata.unidata_version, "tokenizers": tokenizers.__version__}


def write(name, value):
    data = json.dumps(value, separators=(",", ":")).encode()
    (ORACLE / name).write_bytes(gzip.compress(data, 9, mtime=0))


write("wordpiece.json.gz", {"versions": versions, "vocabulary": "".join(tokens[len(SPECIAL):len(SPECIAL) + len(characters())]), "cases": cases})

# Pairs, truncation, stride and padding, by the crate.
words = "the patient was given aspirin for chest pain and sent home in good state".split()
small = {token: number for number, token in enumerate(SPECIAL + words + ["##s", "##x"])}
first, second = " ".join(words), "pains was givens [MASK]"
calls = []
for pair in (None, second):
    for truncation in (None, {"max_length": 8}, {"max_length": 9, "stride": 2}, {"max_length": 9, "strategy": "only_first"},
                       {"max_length": 17, "strategy": "only_second", "stride": 1}, {"max_length": 8, "direction": "left", "stride": 1},
                       {"max_length": 7, "stride": 1}, {"max_length": 30}):
        for padding in (None, {"length": 12}, {"length": 20, "direction": "left"}, {"length": 9, "pad_to_multiple_of": 8}):
            for specials in (True, False):
                crate = huggingface(True, small)
                if truncation:
                    crate.enable_truncation(**truncation)
                if padding:
                    crate.enable_padding(pad_id=0, pad_token="[PAD]", **padding)

                def show(encoding):
                    return {"ids": encoding.ids, "typeIds": encoding.type_ids, "mask": encoding.attention_mask,
                            "special": encoding.special_tokens_mask, "spans": encoding.offsets,
                            "words": [-1 if word is None else word for word in encoding.word_ids]}

                try:
                    encoding = crate.encode(first, pair, add_special_tokens=specials)
                    result = {**show(encoding), "overflowing": [show(each) for each in encoding.overflowing]}
                except Exception as error:  # the crate's errors have no class of their own
                    result = {"error": str(error)}
                calls.append({"pair": pair, "truncation": truncation, "padding": padding, "specials": specials, "result": result})
write("encodings.json.gz", {"versions": versions, "vocabulary": list(small), "first": first, "calls": calls})
