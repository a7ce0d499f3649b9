"""Fine-tunes transformers' BertForTokenClassification on PyTorch as its users do, from nothing of ours: two-column files with a blank
line after each sentence, the fast tokenizer, first pieces labelled, seqeval's F1. The recipe is that of `clinicalbert finetune ner`
without flags. Prints one JSON line; processor time is that of updates, epochs' looks at the development set, and the test."""

import argparse
import copy
import json
import sys
import time

# The tokenizers.py beside this file would hide the package of that name.
sys.path.pop(0)
import torch
import transformers
from seqeval.metrics import f1_score

parser = argparse.ArgumentParser()
for name in ("--model", "--train", "--dev", "--test"):
    parser.add_argument(name, required=True)
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--learning-rate", type=float, default=5e-5)
args = parser.parse_args()

BATCH, MAX_LENGTH, PATIENCE, WARMUP, DECAY = 16, 256, 2, 0.1, 0.01
torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)


def read_sentences(path):
    sentences, words = [], []
    for line in [*open(path, encoding="utf-8"), ""]:
        cells = line.rstrip("\r\n").split("\t")
        if line.strip() == "":
            if words:
                sentences.append(words)
            words = []
        else:
            words.append((cells[0], cells[-1]))
    return sentences


parts = {name: read_sentences(getattr(args, name)) for name in ("train", "dev", "test")}
tags = sorted({tag for sentence in parts["train"] for _, tag in sentence}, key=lambda tag: (tag != "O", tag))
tokenizer = transformers.AutoTokenizer.from_pretrained(args.model)


def encode(sentence):
    encoding = tokenizer([word for word, _ in sentence], is_split_into_words=True, truncation=True, max_length=MAX_LENGTH)
    labels, before = [], None
    for word in encoding.word_ids():
        labels.append(-100 if word is None or word == before else tags.index(sentence[word][1]))
        before = word
    return {"input_ids": encoding["input_ids"], "labels": labels, "gold": [tag for _, tag in sentence]}


features = {name: [encode(sentence) for sentence in sentences] for name, sentences in parts.items()}
model = transformers.BertForTokenClassification.from_pretrained(args.model, num_labels=len(tags))
steps = args.epochs * -(-len(features["train"]) // BATCH)
plain = [p for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
decayed = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
optimizer = torch.optim.AdamW(
    [{"params": decayed, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}], lr=args.learning_rate
)
schedule = transformers.get_linear_schedule_with_warmup(optimizer, round(WARMUP * steps), steps)


def collate(rows):
    length = max(len(row["input_ids"]) for row in rows)
    pad = lambda values, filler: values + [filler] * (length - len(values))
    return {
        "input_ids": torch.tensor([pad(row["input_ids"], tokenizer.pad_token_id) for row in rows]),
        "attention_mask": torch.tensor([pad([1] * len(row["input_ids"]), 0) for row in rows]),
        "labels": torch.tensor([pad(row["labels"], -100) for row in rows]),
    }


@torch.inference_mode()
def score(name):
    model.eval()
    gold, found = [], []
    rows = sorted(features[name], key=lambda row: len(row["input_ids"]))
    for first in range(0, len(rows), 32):
        part = rows[first : first + 32]
        batch = collate(part)
        labels = batch.pop("labels")
        classes = model(**batch).logits.argmax(-1)
        for row, given, asked in zip(part, classes.tolist(), labels.tolist()):
            answers = [tags[answer] for answer, label in zip(given, asked) if label != -100]
            gold.append(row["gold"])
            # Words that were cut off have no answer.
            found.append(answers + ["O"] * (len(row["gold"]) - len(answers)))
    return f1_score(gold, found)


started, wall = time.process_time(), time.time()
best, kept, worse, epochs = -1.0, None, 0, 0
generator = torch.Generator().manual_seed(args.seed)
for epoch in range(args.epochs):
    model.train()
    order = torch.randperm(len(features["train"]), generator=generator).tolist()
    for first in range(0, len(order), BATCH):
        loss = model(**collate([features["train"][row] for row in order[first : first + BATCH]])).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
    dev = score("dev")
    print(f"epoch {epoch + 1}: {dev:.4f}", file=sys.stderr)
    epochs = epoch + 1
    if dev > best:
        best, kept, worse = dev, copy.deepcopy(model.state_dict()), 0
    elif (worse := worse + 1) >= PATIENCE:
        break
model.load_state_dict(kept)
test = score("test")
seconds = time.process_time() - started
print(
    json.dumps(
        {
            "f1": test,
            "dev_f1": best,
            "epochs": epochs,
            "processor_seconds": seconds,
            "wall_seconds": time.time() - wall,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }
    )
)
