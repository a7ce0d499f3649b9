"""One training step of transformers' BertForPreTraining on PyTorch: as shipped, with logits at the masked positions alone, and
the latter under bfloat16 autocast. Forward, backward, clip and AdamW are timed. Reads the batches, one a step, as JSON from
standard input and pads them to 128 tokens and 20 predictions. One JSON line a variant, each in a process of its own so that the
peak of memory is its own."""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

sys.path.pop(0)  # this folder has a tokenizers.py of its own

VARIANTS = {
    "shipped": "transformers as shipped",
    "masked": "transformers, masked logits",
    "bfloat16": "transformers, masked logits, bfloat16 autocast",
}
LENGTH, PREDICTIONS, VOCABULARY = 128, 20, 28996


def parse():
    parser = argparse.ArgumentParser()
    for name in ("hidden", "layers", "threads", "warmup"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--variant", choices=VARIANTS)
    return parser.parse_args()


def tensors(batch):
    import torch

    def padded(key, width, value=0):
        return torch.tensor([row[key] + [value] * (width - len(row[key])) for row in batch])

    ids, positions, masked_ids = padded("ids", LENGTH), padded("positions", PREDICTIONS), padded("labels", PREDICTIONS, -100)
    labels = torch.full_like(ids, -100)
    for row, instance in enumerate(batch):
        labels[row, instance["positions"]] = torch.tensor(instance["labels"])
    return {
        "ids": ids,
        "types": padded("types", LENGTH),
        "mask": torch.tensor([[1] * len(row["ids"]) + [0] * (LENGTH - len(row["ids"])) for row in batch]),
        "positions": positions,
        "masked_ids": masked_ids,
        "labels": labels,
        "next_labels": torch.tensor([row["next"] for row in batch]),
    }


def measure(args):
    import torch
    import transformers

    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    config = transformers.BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=args.hidden,
        num_hidden_layers=args.layers,
        num_attention_heads=args.hidden // 64,
        intermediate_size=4 * args.hidden,
    )
    model = transformers.BertForPreTraining(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, eps=1e-6, weight_decay=0.01)
    batches = [tensors(batch) for batch in json.load(sys.stdin)]

    def loss_as_shipped(ids, types, mask, labels, next_labels, **_):
        return model(
            input_ids=ids, token_type_ids=types, attention_mask=mask, labels=labels, next_sentence_label=next_labels
        ).loss

    def loss_at_masked(ids, types, mask, positions, masked_ids, next_labels, **_):
        out = model.bert(input_ids=ids, token_type_ids=types, attention_mask=mask)
        hidden = out.last_hidden_state.gather(1, positions[..., None].expand(-1, -1, args.hidden))
        logits, relation = model.cls(hidden, out.pooler_output)
        cross_entropy = torch.nn.functional.cross_entropy
        return cross_entropy(logits.flatten(0, 1).float(), masked_ids.flatten()) + cross_entropy(
            relation.float(), next_labels
        )

    loss_of = loss_as_shipped if args.variant == "shipped" else loss_at_masked
    seconds, processor_seconds = [], []
    for batch in batches:
        start, start_cpu = time.perf_counter(), time.process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=args.variant == "bfloat16"):
            loss = loss_of(**batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.perf_counter() - start)
        processor_seconds.append(time.process_time() - start_cpu)
    wall, cpu = (statistics.median(times[args.warmup :]) for times in (seconds, processor_seconds))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    name = f"{VARIANTS[args.variant]} (torch {torch.__version__}, transformers {transformers.__version__})"
    print(json.dumps({"name": name, "wall": wall, "cpu": cpu, "peakBytes": peak}), flush=True)


def main():
    args = parse()
    if args.variant:
        measure(args)
        return
    batches = sys.stdin.read()
    for variant in VARIANTS:
        command = [sys.executable, __file__, *sys.argv[1:], "--variant", variant]
        subprocess.run(command, input=batches, text=True, check=True)


main()
