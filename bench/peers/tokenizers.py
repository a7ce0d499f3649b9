"""Times the native `tokenizers` package on a file of lines, one thread. Usage: tokenizers.py LINES VOCAB cased|uncased IDS

Writes all ids, a line of the file a line, to IDS, and prints {"seconds", "tokens"}.
"""
import json
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
sys.path = [folder for folder in sys.path if not folder.endswith("peers")]  # this file has the package's name
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers  # noqa: E402

lines = open(sys.argv[1], encoding="utf-8", newline="\n").read().split("\n")[:-1]
vocabulary = {token.rstrip("\n"): number for number, token in enumerate(open(sys.argv[2], encoding="utf-8", newline="\n"))}
tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
tokenizer.normalizer = normalizers.BertNormalizer(lowercase=sys.argv[3] == "uncased")
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
seconds, tokens = 0.0, 0
with open(sys.argv[4], "w") as out:
    for start in range(0, len(lines), 1000):
        batch = lines[start:start + 1000]
        begun = time.perf_counter()
        encodings = tokenizer.encode_batch(batch, add_special_tokens=False)
        seconds += time.perf_counter() - begun
        tokens += sum(len(encoding) for encoding in encodings)
        out.writelines(",".join(map(str, encoding.ids)) + "\n" for encoding in encodings)
print(json.dumps({"seconds": seconds, "tokens": tokens}))
