"""What Python's transformers computes for a published model, as a table that `clinicalbert verify DIR --table TABLE` checks.

Run:  python make_table.py DIR TABLE.json [cased|uncased]      (pip install torch transformers)
DIR is a folder with config.json, vocab.txt and the weights. Give the case where the folder has no tokenizer_config.json:
AutoTokenizer lower-cases then, which is wrong for Bio_ClinicalBERT.
"""
import hashlib, json, os, sys
import torch, transformers
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer

folder, out, *case = sys.argv[1:]
sentences = json.load(open(os.path.join(os.path.dirname(__file__), "sentences.json"), encoding="utf-8"))
tokenizer = AutoTokenizer.from_pretrained(folder, **({"do_lower_case": case[0] == "uncased"} if case else {}))


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


files = [name for name in sorted(os.listdir(folder)) if os.path.isfile(os.path.join(folder, name))]
table = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__},
         "sha256": {name: sha256(os.path.join(folder, name)) for name in files}, "masked": [], "embedded": []}
model, info = AutoModelForMaskedLM.from_pretrained(folder, output_loading_info=True)
encoder = AutoModel.from_pretrained(folder).eval()
with torch.no_grad():
    if not any(name.startswith("cls.") for name in info["missing_keys"]):
        for text in sentences["masked"]:
            batch = tokenizer(text, return_tensors="pt")
            place = batch["input_ids"][0].tolist().index(tokenizer.mask_token_id)
            best = model.eval()(**batch).logits[0, place].softmax(-1).topk(5)
            table["masked"].append({"text": text, "ids": batch["input_ids"][0].tolist(),
                                    "tokens": best.indices.tolist(), "scores": best.values.tolist()})
    for text in sentences["embedded"]:
        batch = tokenizer(text, return_tensors="pt")
        mean = encoder(**batch).last_hidden_state[0].mean(0)
        table["embedded"].append({"text": text, "ids": batch["input_ids"][0].tolist(), "mean": mean.tolist()})
with open(out, "w", encoding="utf-8") as file:
    json.dump(table, file, indent=1)
    file.write("\n")
