"""The same sections through PyTorch: inference.py FOLDER TEXTS.json BATCH ROUNDS; padded batches in the order given, mean pooling."""
import json, sys, time

sys.path.pop(0)  # this folder has a tokenizers.py of its own
import torch  # noqa: E402
from transformers import AutoModel, AutoTokenizer  # noqa: E402

folder, texts_file, batch, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
texts = json.load(open(texts_file))
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModel.from_pretrained(folder).eval()


def run():
    start = time.perf_counter()
    with torch.inference_mode():
        for at in range(0, len(texts), batch):
            inputs = tokenizer(texts[at:at + batch], padding=True, truncation=True, return_tensors="pt")
            hidden = model(**inputs).last_hidden_state
            mask = inputs["attention_mask"].unsqueeze(-1)
            (hidden * mask).sum(1) / mask.sum(1)
    return time.perf_counter() - start


with torch.inference_mode():
    model(**tokenizer(texts[:4], padding=True, return_tensors="pt"))
times = sorted(run() for _ in range(rounds))
print(json.dumps({"name": f"PyTorch {torch.__version__} fp32", "seconds": times[len(times) // 2]}))
