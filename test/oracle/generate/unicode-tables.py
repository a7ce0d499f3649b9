"""Writes the Unicode tables of the two tokenizer dialects.

google:      Unicode 14.0, from the `unicodedata` of Python 3.11 (the interpreter that made the golden files).
huggingface: what the Rust crate `tokenizers` does to every code point, asked from the crate itself.

Usage: python test/oracle/generate/unicode-tables.py     (needs Python 3.11 and `pip install tokenizers==0.23.3`)
"""
import pathlib
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

assert unicodedata.unidata_version == "14.0.0", unicodedata.unidata_version
FOLDER = pathlib.Path(__file__).resolve().parents[3] / "src" / "tokens"
CODE_POINTS = range(0x110000)
SURROGATES = range(0xD800, 0xE000)
HANGUL = range(0xAC00, 0xD7A4)

# Classes: S space, D dropped by cleaning, B dropped by cleaning and otherwise a space, P punctuation, C spaced as CJK.


def is_cjk(cp):  # tokenization.py:264-284
    return (0x4E00 <= cp <= 0x9FFF or 0x3400 <= cp <= 0x4DBF or 0x20000 <= cp <= 0x2A6DF or 0x2A700 <= cp <= 0x2B73F
            or 0x2B740 <= cp <= 0x2B81F or 0x2B820 <= cp <= 0x2CEAF or 0xF900 <= cp <= 0xFAFF or 0x2F800 <= cp <= 0x2FA1F)


def google_class(cp):
    char = chr(cp)
    category = unicodedata.category(char)
    if char in " \t\n\r" or category == "Zs":
        return "S"
    if cp in (0, 0xFFFD) or category in ("Cc", "Cf"):
        return "B" if char.isspace() else "D"
    if char.isspace():  # Zl and Zp survive the cleaning, and str.split() splits at them
        return "S"
    ascii_punctuation = 33 <= cp <= 47 or 58 <= cp <= 64 or 91 <= cp <= 96 or 123 <= cp <= 126
    if ascii_punctuation or category.startswith("P"):
        assert not is_cjk(cp)
        return "P"
    return "C" if is_cjk(cp) else ""


def google():
    decompose, lower = {}, {}
    ignorable, cased = set(), set()
    for cp in CODE_POINTS:
        char = chr(cp)
        if cp not in HANGUL and cp not in SURROGATES and unicodedata.normalize("NFD", char) != char:
            decompose[cp] = [ord(x) for x in unicodedata.normalize("NFD", char)]
        if char.lower() != char:
            lower[cp] = [ord(x) for x in char.lower()]
        # U+03A3 becomes final after a cased character, with any number of case-ignorable ones between.
        alone = (char + "\u03a3").lower()[-1] == "\u03c2"
        behind = ("a" + char + "\u03a3").lower()[-1] == "\u03c2"
        if behind and not alone:
            ignorable.add(cp)
        elif alone:
            cased.add(cp)
    # A case-ignorable character is skipped before its own case is asked, so `cased` of those is never read.
    return {
        "source": f"Unicode {unicodedata.unidata_version} (unicodedata of Python 3.11)",
        "classes": {cp: google_class(cp) for cp in CODE_POINTS if google_class(cp)},
        "lower": lower,
        "decompose": decompose,
        "combining": {cp: unicodedata.combining(chr(cp)) for cp in CODE_POINTS if unicodedata.combining(chr(cp))},
        "nonspacing": {cp: "M" for cp in CODE_POINTS if unicodedata.category(chr(cp)) == "Mn"},
        "sigma": {**{cp: "I" for cp in ignorable}, **{cp: "U" for cp in cased}},
    }


def huggingface():
    def bert(**on):
        base = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
        return normalizers.BertNormalizer(**{**base, **on}).normalize_str

    clean, cjk, strip, low = bert(clean_text=True), bert(handle_chinese_chars=True), bert(strip_accents=True), bert(lowercase=True)
    nfd = normalizers.NFD().normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    classes, lower, decompose, nonspacing, combining = {}, {}, {}, {}, {}
    for cp in CODE_POINTS:
        if cp in SURROGATES:
            classes[cp] = "D"  # a lone surrogate reaches the crate as U+FFFD, which it drops
            continue
        char = chr(cp)
        cleaned = clean(f"a{char}b")
        words = [word for word, _ in split(f"a{char}b")]
        assert words in (["a", "b"], [f"a{char}b"], ["a", char, "b"]), hex(cp)
        spaced = cjk(f"a{char}b") != f"a{char}b"
        if cleaned == "ab":
            classes[cp] = "B" if words == ["a", "b"] else "D"
            assert len(words) != 3 and not spaced
        elif cleaned == "a b" or words == ["a", "b"]:
            classes[cp] = "S"
            assert words == ["a", "b"] and not spaced
        elif len(words) == 3:
            classes[cp] = "P"
            assert not spaced
        elif spaced:
            classes[cp] = "C"
        if low(char) != char:
            lower[cp] = [ord(x) for x in low(char)]
        if nfd(char) != char and cp not in HANGUL:
            decompose[cp] = [ord(x) for x in nfd(char)]
        if strip(char) == "" and char:
            nonspacing[cp] = "M"
    for cp in CODE_POINTS:
        if cp in SURROGATES or cp in HANGUL or cp in decompose:
            continue
        if nfd("a\u0345" + chr(cp)) != "a\u0345" + chr(cp) or cp == 0x345:
            combining[cp] = 0
    # The class of each: by where it is put among marks of known classes.
    known = sorted({unicodedata.combining(chr(cp)): cp for cp in combining if unicodedata.combining(chr(cp))}.items())
    for cp in combining:
        below = [number for number, mark in known if nfd("a" + chr(cp) + chr(mark)) != "a" + chr(cp) + chr(mark)]
        above = [number for number, mark in known if nfd("a" + chr(mark) + chr(cp)) != "a" + chr(mark) + chr(cp)]
        same = [number for number, mark in known if number not in below and number not in above]
        assert len(same) == 1, (hex(cp), below, above)
        combining[cp] = same[0]
    for char in "\u03a3":
        assert low("a" + char) == "a\u03c3"  # no final form in this dialect
    hangul = "\uac01"
    assert nfd(hangul) == "\u1100\u1161\u11a8"
    return {
        "source": f"the crate tokenizers {tokenizers.__version__}, asked for every code point",
        "classes": classes,
        "lower": lower,
        "decompose": decompose,
        "combining": combining,
        "nonspacing": nonspacing,
        "sigma": {},
    }


DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number):
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text or "0"


def encode_ranges(values):
    """`gap LETTERS length-1` a range; gaps from the end of the last range; letters are upper case, numbers base 36."""
    ranges = []
    for cp in sorted(values):
        letter = values[cp] if isinstance(values[cp], str) else f"{values[cp]}"
        if ranges and ranges[-1][1] == cp and ranges[-1][2] == letter:
            ranges[-1][1] = cp + 1
        else:
            ranges.append([cp, cp + 1, letter])
    parts, last = [], 0
    for start, end, letter in ranges:
        length = end - start - 1
        tag = letter if letter.isalpha() else f":{letter}:"
        parts.append(f"{base36(start - last)}{tag}{base36(length) if length else ''}")
        last = end
    return " ".join(parts)


def encode_mappings(values):
    """`gap=target.target` one code point; `gap+delta*count/stride` a run of single targets at one distance."""
    points, parts, last, at = sorted(values), [], 0, 0
    while at < len(points):
        cp = points[at]
        best = (1, 1)
        if len(values[cp]) == 1:
            for stride in (1, 2):
                count = 1
                while (at + count < len(points) and points[at + count] == cp + count * stride
                       and values[points[at + count]] == [values[cp][0] + count * stride]):
                    count += 1
                best = max(best, (count, -stride))
        if best[0] >= 2:
            count, stride = best[0], -best[1]
            delta = values[cp][0] - cp
            sign = "+" if delta > 0 else "-"
            parts.append(f"{base36(cp - last)}{sign}{base36(abs(delta))}*{base36(count)}{'/2' if stride == 2 else ''}")
            last = cp + (count - 1) * stride + 1
            at += count
        else:
            parts.append(f"{base36(cp - last)}={'.'.join(base36(x) for x in values[cp])}")
            last = cp + 1
            at += 1
    return " ".join(parts)


def check(tables):
    """What the tokenizer takes for granted."""
    spaces = {cp for cp, letter in tables["classes"].items() if letter in "SB"}
    cjk = {cp for cp, letter in tables["classes"].items() if letter == "C"}
    for cp, targets in tables["decompose"].items():
        assert cp in spaces or not spaces & set(targets), hex(cp)
        assert cp in cjk or not cjk & set(targets), hex(cp)
        assert targets[0] not in range(65, 91) or cp in tables["lower"], hex(cp)
    for cp, targets in tables["lower"].items():
        assert not (spaces | cjk) & set(targets), hex(cp)
    for cp in tables["nonspacing"]:
        assert cp not in tables["classes"] or tables["classes"][cp] == "D", hex(cp)
    for cp in tables["combining"]:
        assert tables["classes"].get(cp, "") in ("", "D"), hex(cp)


def write(name, constant, tables):
    check(tables)
    lines = [f"/** @file Generated by test/oracle/generate/unicode-tables.py from {tables['source']}: do not edit. */",
             'import type { EncodedUnicodeTables } from "./unicode-tables.js";', "",
             f"export const {constant}: EncodedUnicodeTables = {{", f'  source: "{tables["source"]}",']
    for key in ("classes", "combining", "nonspacing", "sigma"):
        lines.append(f'  {key}: "{encode_ranges(tables[key])}",')
    for key in ("lower", "decompose"):
        lines.append(f'  {key}: "{encode_mappings(tables[key])}",')
    (FOLDER / name).write_text("\n".join([*lines, "};", ""]))


write("google-unicode.generated.ts", "GOOGLE_UNICODE", google())
write("huggingface-unicode.generated.ts", "HUGGINGFACE_UNICODE", huggingface())
