"""Results of Python's pipelines for the small models of checkpoints.py, with a vocabulary of 64 tokens.

Run:  python pipelines.py OUT   (torch, transformers; after checkpoints.py)
Writes OUT/{pretraining,sequence-classification,token-classification}/{vocab.txt,tokenizer_config.json} and OUT/pipelines.json.
Offsets are converted from code points to UTF-16 here and nowhere else.
"""
import json, os, sys
import torch, transformers
from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoModelForTokenClassification, \
    AutoTokenizer, pipeline

out = sys.argv[1]
WORDS = ("patient denies chest pain fever cough he she has no acute distress mild left right lung heart rate blood pressure "
         "given aspirin metoprolol the of with and was is , . ? ! - ' mg daily").split()
PIECES = ["##s", "##ing", "##ed", "##ly", "##pnea", "tachy", "brady", "##cardia", "é", "ü", "x", "##x", "##y", "y"]
vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS + PIECES
vocabulary += [f"[unused{i}]" for i in range(64 - len(vocabulary))]
assert len(vocabulary) == 64 == len(set(vocabulary))
MODELS = ("pretraining", "sequence-classification", "token-classification")
for model in MODELS:
    with open(os.path.join(out, model, "vocab.txt"), "w") as file:
        file.write("".join(token + "\n" for token in vocabulary))
    with open(os.path.join(out, model, "tokenizer_config.json"), "w") as file:
        json.dump({"tokenizer_class": "BertTokenizer", "do_lower_case": False, "strip_accents": False,
                   "tokenize_chinese_chars": True, "model_max_length": 32}, file)
        file.write("\n")

TEXTS = ["patient denies chest pain , fever and tachycardia .",
         "he has no acute distress",
         "🙂 she was given aspirins xyyx mg daily ! bradypnea ?",
         "left lung qqq éü pressure-rate",
         "x"]
MASKED = ["patient denies [MASK] pain .", "he has [MASK] distress , [MASK] fever"]
LONG = "patient denies chest pain and was given aspirin with mild tachycardias . " * 8


def utf16(text, offset):
    return len(text[:offset].encode("utf-16-le")) // 2


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.item() if hasattr(value, "item") else value


def load(auto, name):
    folder = os.path.join(out, name)
    return dict(model=auto.from_pretrained(folder, attn_implementation="eager").eval(),
                tokenizer=AutoTokenizer.from_pretrained(folder))


result = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__},
          "texts": TEXTS, "masked": MASKED, "tokens": {}, "entities": {}}
ner = load(AutoModelForTokenClassification, "token-classification")
result["tokens"] = [ner["tokenizer"].tokenize(t) for t in TEXTS]
for strategy in ("none", "simple", "first", "average", "max"):
    tag = pipeline("token-classification", aggregation_strategy=strategy, ignore_labels=["O"], **ner)
    result["entities"][strategy] = []
    for text in TEXTS:
        found = plain(tag(text))
        for entity in found:
            entity["start"], entity["end"] = utf16(text, entity["start"]), utf16(text, entity["end"])
        result["entities"][strategy].append(found)
fill = pipeline("fill-mask", top_k=4, **load(AutoModelForMaskedLM, "pretraining"))
result["fillings"] = [plain(fill(MASKED[0]))]
nli = pipeline("text-classification", top_k=None, **load(AutoModelForSequenceClassification, "sequence-classification"))
result["classes"] = [plain(nli(t)) for t in TEXTS]
result["pairs"] = [plain(nli({"text": TEXTS[0], "text_pair": TEXTS[1]}))]
with open(os.path.join(out, "pipelines.json"), "w") as file:
    json.dump(result, file, indent=1, ensure_ascii=False)
    file.write("\n")
