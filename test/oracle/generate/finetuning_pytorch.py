"""Small random BERTs of transformers, fine-tuned for 80 updates under PyTorch without dropout: losses of every update, gradients
of the first, weights after the last, each in float64 with the error that float32 has against it.

Run:  python finetuning_pytorch.py OUT   (torch, transformers, safetensors)
Writes OUT/{tokens,texts,tokens-alsentzer2019,texts-alsentzer2019}.safetensors. The metadata of each file holds the configuration,
the versions, and under "expected" what is not a tensor.

`tokens` and `texts`: mean cross-entropy, torch.optim.AdamW, transformers' linear schedule, clip_grad_norm_; `texts` with class weights.
`tokens-alsentzer2019`: run_ner.py: every position, padding included, has a label; the loss is a sum; Google's AdamWeightDecayOptimizer.
`texts-alsentzer2019`: run_classifier.py: two accumulated micro-batches, BertAdam of pytorch_pretrained_bert 0.4.0 (written out below:
that package does not install on today's Python).
"""
import json, math, os, random, sys
import torch, transformers
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification, BertForTokenClassification

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
torch.set_num_threads(1)
VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__}
STEPS, BATCH, ROWS, LONGEST, VOCABULARY = 80, 8, 48, 24, 60


def make_features(of_tokens, labels, everything, rng):
    """Words whose class is their id modulo the classes, with noise; pieces between them are ignored, or class `labels - 3`."""
    features = []
    for _ in range(ROWS):
        length = rng.randint(6, LONGEST)
        ids = [1] + [rng.randrange(4, VOCABULARY) for _ in range(length - 2)] + [2]
        second = length // 2
        types = [int(not of_tokens and at >= second) for at in range(length)]
        if of_tokens:
            classes = []
            for at, token in enumerate(ids):
                inner = labels - 4 if everything else labels
                first = rng.random() < 0.7
                word = (1 if everything else 0) + token % inner
                if at in (0, length - 1):
                    classes.append((labels - 2 if at == 0 else labels - 1) if everything else -1)
                else:
                    classes.append(word if first else (labels - 3 if everything else -1))
        else:
            classes = [(ids[1] + ids[second]) % labels]
        features.append({"ids": ids, "typeIds": types, "labels": classes})
    return features


def collate(features, rows, of_tokens, fixed):
    part = [features[row] for row in rows]
    length = fixed or -(-max(len(f["ids"]) for f in part) // 8) * 8
    pad = lambda values, filler: values + [filler] * (length - len(values))
    # The preset asks padding for class 0; -1 is "no answer".
    labels = [pad(f["labels"], 0 if fixed else -1) if of_tokens else f["labels"] for f in part]
    return {
        "input_ids": torch.tensor([pad(f["ids"], 0) for f in part]),
        "token_type_ids": torch.tensor([pad(f["typeIds"], 0) for f in part]),
        "attention_mask": torch.tensor([pad([1] * len(f["ids"]), 0) for f in part]),
    }, torch.tensor(labels).flatten()


class GoogleAdam:
    """optimization.py:127-152; BertAdam does the same, after a clip of each parameter."""

    def __init__(self, named, weight_decay):
        self.named, self.decay, self.state = named, weight_decay, {}

    def step(self, rate):
        for name, p in self.named:
            m, v = self.state.setdefault(name, (torch.zeros_like(p), torch.zeros_like(p)))
            m.mul_(0.9).add_(p.grad, alpha=1 - 0.9)
            v.mul_(0.999).addcmul_(p.grad, p.grad, value=1 - 0.999)
            update = m / (v.sqrt() + 1e-6)
            if not (name.endswith("bias") or "LayerNorm" in name):
                update = update + self.decay * p.data
            p.data.add_(update, alpha=-rate)


def train(model, features, batches, settings):
    of_tokens, preset = settings["of_tokens"], settings["preset"]
    weights = settings["class_weights"]
    dtype = next(model.parameters()).dtype
    named = list(model.named_parameters())
    plain = [p for n, p in named if n.endswith("bias") or "LayerNorm" in n]
    decayed = [p for n, p in named if not (n.endswith("bias") or "LayerNorm" in n)]
    rate = settings["learning_rate"]
    if preset == "default":
        optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
                                      lr=rate, eps=1e-8)
        schedule = transformers.get_linear_schedule_with_warmup(optimizer, round(0.1 * STEPS), STEPS)
    else:
        google = GoogleAdam(named, 0.01)
    losses, first, norms = [], None, []
    for step, batch in enumerate(batches):
        model.zero_grad(set_to_none=True)
        total, start = 0.0, 0
        groups = batch.get("groups", [len(batch["rows"])])
        for size in groups:
            inputs, labels = collate(features, batch["rows"][start : start + size], of_tokens,
                                     LONGEST if of_tokens and preset != "default" else None)
            start += size
            logits = model(**inputs).logits.reshape(-1, model.config.num_labels)
            loss = torch.nn.functional.cross_entropy(
                logits, labels, ignore_index=-1,
                weight=None if weights is None else torch.tensor(weights, dtype=dtype),
                reduction="sum" if of_tokens and preset != "default" else "mean") / len(groups)
            loss.backward()
            total += float(loss.detach())
        losses.append(total)
        for _, p in named:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        if first is None:
            first = {n: p.grad.clone() for n, p in named}
        norms.append(math.sqrt(sum(float((p.grad.double() ** 2).sum()) for _, p in named)))
        if preset == "default":
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            continue
        if of_tokens:
            scale = min(1.0, 1.0 / norms[-1])
            for _, p in named:
                p.grad.mul_(scale)
            warm = math.floor(0.1 * STEPS)
            now = step / warm if step < warm else 1 - step / STEPS
        else:
            for _, p in named:
                torch.nn.utils.clip_grad_norm_(p, 1.0)
            now = (step / STEPS) / 0.1 if step / STEPS < 0.1 else 1 - step / STEPS
        google.step(rate * now)
    return losses, first, {n: p.detach() for n, p in named}, norms


def error_by_name(a, b):
    """The measure of the numerics contract: |a - b| / max(|b|, 1e-6 of the norm of all)."""
    whole = math.sqrt(sum(float((t.double() ** 2).sum()) for t in b.values()))
    return {n: float((a[n].double() - b[n].double()).norm()) / max(float(b[n].double().norm()), 1e-6 * whole) for n in b}


def generate(name, of_tokens, preset, labels, seed, learning_rate, class_weights=None):
    rng = random.Random(seed)
    torch.manual_seed(seed)
    kind = BertForTokenClassification if of_tokens else BertForSequenceClassification
    config = BertConfig(vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
                        max_position_embeddings=LONGEST, layer_norm_eps=1e-12, hidden_dropout_prob=0.0,
                        attention_probs_dropout_prob=0.0, attn_implementation="eager", num_labels=labels, initializer_range=0.2)
    model = kind(config)
    with torch.no_grad():
        for n, p in model.named_parameters():
            p.add_(torch.randn_like(p) * (0.1 if n.endswith("bias") or "LayerNorm" in n else 0.0))
    features = make_features(of_tokens, labels, of_tokens and preset != "default", rng)
    batches = []
    for _ in range(STEPS):
        batch = {"epoch": 0, "rows": [rng.randrange(ROWS) for _ in range(BATCH)]}
        if not of_tokens and preset != "default":
            # The end of an epoch: a smaller micro-batch, averaged as if it were whole.
            batch["rows"], batch["groups"] = batch["rows"][:7], [3, 4]
        batches.append(batch)
    settings = {"of_tokens": of_tokens, "preset": preset, "class_weights": class_weights, "learning_rate": learning_rate}

    def run(dtype):
        copy = kind(config)
        copy.load_state_dict(model.state_dict())
        embeddings = copy.bert.embeddings.word_embeddings
        embeddings.padding_idx = None
        return train(copy.to(dtype).train(), features, batches, settings)

    losses, first, last, norms = run(torch.float64)
    losses32, first32, last32, _ = run(torch.float32)
    tensors = {f"{group}/{n}": t.float().contiguous().clone()
               for group, source in (("parameter", dict(model.named_parameters())), ("gradient", first), ("final", last))
               for n, t in source.items()}
    kept = ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
            "max_position_embeddings", "type_vocab_size", "layer_norm_eps"]
    expected = {"preset": preset, "task": "ner" if of_tokens else "classification", "labels": labels, "learningRate": learning_rate,
                "classWeights": class_weights, "maxLength": LONGEST, "features": features, "batches": batches, "losses": losses,
                "float32Loss": max(abs(a - b) / abs(b) for a, b in zip(losses32, losses)),
                "gradientErrors": error_by_name(first32, first), "finalErrors": error_by_name(last32, last),
                "clipped": sum(norm > 1 for norm in norms) / STEPS}
    metadata = {"versions": json.dumps(VERSIONS), "expected": json.dumps(expected),
                "config": json.dumps({k: getattr(config, k) for k in kept})}
    path = os.path.join(out, f"{name}.safetensors")
    save_file({k: v.detach() for k, v in tensors.items()}, path, metadata)
    print(name, os.path.getsize(path), "bytes; loss", losses[0], "to", losses[-1], "clipped", expected["clipped"],
          "float32", expected["float32Loss"], max(expected["finalErrors"].values()))


generate("tokens", True, "default", 5, 1, 3e-3)
generate("texts", False, "default", 3, 2, 3e-3, [0.5, 1.0, 2.5])
generate("tokens-alsentzer2019", True, "alsentzer2019", 9, 3, 1e-3)
generate("texts-alsentzer2019", False, "alsentzer2019", 3, 4, 1e-3)
