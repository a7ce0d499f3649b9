"""The same sections through PyTorch: inference.py FOLDER TEXTS.json BATCH; padded batches in the order given, mean pooling. For every
line on stdin one round and a line of figures."""
import json, sys, time

sys.path.pop(0)  # this folder has a tokenizers.py of its own
import torch  # noqa: E402
from transformers import AutoModel, AutoTokenizer  # noqa: E402

folder, texts_file, batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
texts = json.load(open(texts_file))
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModel.from_pretrained(folder).eval()


def run():
    with torch.inference_mode():
        for at in range(0, len(texts), batch):
            inputs = tokenizer(texts[at:at + batch], padding=True, truncation=True, return_tensors="pt")
            hidden = model(**inputs).last_hidden_state
            mask = inputs["attention_mask"].unsqueeze(-1)
            (hidden * mask).sum(1) / mask.sum(1)


with torch.inference_mode():
    model(**tokenizer(texts[:4], padding=True, return_tensors="pt"))
print(json.dumps({"version": torch.__version__}), flush=True)
for _ in sys.stdin:
    start, start_cpu = time.perf_counter(), time.process_time()
    run()
    print(json.dumps({"wall": time.perf_counter() - start, "cpu": time.process_time() - start_cpu}), flush=True)
