"""Fine-tunes transformers' BertForTokenClassification or BertForSequenceClassification on PyTorch on what a run of ours wrote:
its features, its initial head, its order of batches, its recipe. Prints one JSON line; writes the class of every token (or text)
of the test features, for our scorer. Processor time is that of updates, epochs' looks at the development set, and answers; with
--masks shared it includes the drawing of our masks in numpy, and says nothing about PyTorch."""

import argparse
import copy
import json
import os
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--run", required=True, help="folder of our run")
parser.add_argument("--model", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--masks", choices=["own", "shared"], default="own", help="PyTorch's dropout masks, or those of our run")
args = parser.parse_args()

import dropout_masks

# The tokenizers.py beside this file would hide the package of that name.
sys.path.pop(0)
import torch
import transformers
from safetensors.torch import load_file

torch.set_num_threads(args.threads)
recipe = json.load(open(os.path.join(args.run, "recipe.json")))["recipe"]
assert recipe["preset"] == "default"
torch.manual_seed(recipe["seed"])
of_tokens = recipe["task"] == "ner"
tags = recipe["labels"]


def read_lines(name):
    return [json.loads(line) for line in open(os.path.join(args.run, name))]


parts = {part: read_lines(f"features-{part}.jsonl") for part in ("train", "dev", "test")}
batches = read_lines("batches.jsonl")

kind = transformers.BertForTokenClassification if of_tokens else transformers.BertForSequenceClassification
config = transformers.BertConfig.from_pretrained(args.model, num_labels=len(tags))
config.hidden_dropout_prob = config.attention_probs_dropout_prob = recipe["dropout"]
if args.masks == "shared":
    config._attn_implementation = "eager"
if recipe["fromScratch"]:
    model = kind(config)
else:
    model = kind.from_pretrained(args.model, config=config)
model.load_state_dict(load_file(os.path.join(args.run, "initial.safetensors")), strict=False)


class SharedDropout:
    """Stands for torch.nn.functional.dropout: the places are counted in the order of the forward pass, as ours are."""

    def __init__(self):
        self.masks = dropout_masks.DropoutMasks(recipe["dropout"], recipe["seed"])
        self.start(0)

    def start(self, step):
        self.step, self.place = step, 0

    def __call__(self, x, p=0.5, training=True, inplace=False):
        if not training:
            return x
        assert p == recipe["dropout"]
        mask = self.masks.draw(len(x), x[0].numel(), self.step, self.place)
        self.place += 1
        return x * torch.from_numpy(mask).view_as(x)


shared = SharedDropout() if args.masks == "shared" else None
if shared is not None:
    torch.nn.functional.dropout = shared

plain = [p for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
decayed = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
optimizer = torch.optim.AdamW(
    [{"params": decayed, "weight_decay": recipe["weightDecay"]}, {"params": plain, "weight_decay": 0.0}],
    lr=recipe["learningRate"],
    betas=(0.9, 0.999),
    eps=1e-8,
)
schedule = transformers.get_linear_schedule_with_warmup(
    optimizer, round(recipe["warmupShare"] * len(batches)), len(batches)
)


def collate(rows):
    longest = max(len(row["ids"]) for row in rows)
    length = min(config.max_position_embeddings, -(-longest // 8) * 8)
    pad = lambda values, filler: values + [filler] * (length - len(values))
    tensors = {
        "input_ids": [pad(row["ids"], config.pad_token_id or 0) for row in rows],
        "token_type_ids": [pad(row["type_ids"], 0) for row in rows],
        "attention_mask": [pad([1] * len(row["ids"]), 0) for row in rows],
    }
    # -1 is "no answer is asked" here, -100 is PyTorch's.
    hide = lambda labels: [-100 if label < 0 else label for label in labels]
    tensors["labels"] = [pad(hide(row["labels"]), -100) if of_tokens else row["labels"][0] for row in rows]
    return {name: torch.tensor(value) for name, value in tensors.items()}


@torch.inference_mode()
def answer(rows):
    model.eval()
    answers = [None] * len(rows)
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]["ids"]))
    for first in range(0, len(rows), 32):
        part = order[first : first + 32]
        batch = collate([rows[index] for index in part])
        batch.pop("labels")
        classes = model(**batch).logits.argmax(-1)
        for row, index in enumerate(part):
            answers[index] = classes[row, : len(rows[index]["ids"])].tolist() if of_tokens else [int(classes[row])]
    return answers


def chunks(labels):
    """IOB2 as conlleval reads it."""
    found, start, kind_ = [], None, None
    for at, tag in enumerate(labels + ["O"]):
        prefix, _, label = tag.partition("-")
        if start is not None and (prefix in ("O", "B") or label != kind_):
            found.append((start, at, kind_))
            start = None
        if prefix != "O" and start is None:
            start, kind_ = at, label
    return found


def development_score():
    rows, answers = parts["dev"], answer(parts["dev"])
    if not of_tokens:
        return sum(row["labels"] == given for row, given in zip(rows, answers)) / len(rows)
    correct = predicted = gold = 0
    for row, given in zip(rows, answers):
        asked = [at for at, word in enumerate(row["words"]) if word >= 0]
        # A gold class that training never shows counts as outside here, in the choice of the epoch alone.
        wanted = {chunk for chunk in chunks([tags[max(0, row["labels"][at])] for at in asked])}
        found = {chunk for chunk in chunks([tags[given[at]] for at in asked])}
        correct, predicted, gold = correct + len(wanted & found), predicted + len(found), gold + len(wanted)
    return 2 * correct / max(1, predicted + gold)


started, wall = time.process_time(), time.time()
best, kept, losses = None, None, []
for step, batch in enumerate(batches):
    model.train()
    if shared is not None:
        shared.start(step)
    loss = model(**collate([parts["train"][row] for row in batch["rows"]])).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    optimizer.zero_grad(set_to_none=True)
    if shared is not None:
        assert shared.place == 2 + 3 * config.num_hidden_layers
    losses.append(float(loss.detach()))
    if step + 1 == len(batches) or batches[step + 1]["epoch"] != batch["epoch"]:
        score = development_score()
        if best is None or score > best[0]:
            best, kept = (score, batch["epoch"] + 1), copy.deepcopy(model.state_dict())
        print(f"epoch {batch['epoch'] + 1}: {score:.4f}", file=sys.stderr)
model.load_state_dict(kept)
answers = answer(parts["test"])
answer(parts["dev"])
seconds = time.process_time() - started
with open(args.out, "w") as out:
    for given in answers:
        out.write(json.dumps(given) + "\n")
print(
    json.dumps(
        {
            "processor_seconds": seconds,
            "wall_seconds": time.time() - wall,
            "dev_score": best[0],
            "epoch": best[1],
            "losses": losses,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }
    )
)
