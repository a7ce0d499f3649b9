"""Small random BertForPreTraining models of transformers under PyTorch: forward passes, Google's losses, every parameter's
gradient, and 200 steps of the published optimizer, each in float64 with the error that float32 has against it.

Run:  python pretraining_pytorch.py OUT   (torch, transformers, safetensors)
Writes OUT/forward-*.safetensors, OUT/gradients-*.safetensors, OUT/trajectory-*.safetensors and, of losses under dropout,
OUT/dropout.safetensors. The metadata of each file holds
the configuration, the versions, and under "expected" what is not a tensor.
"""
import json, math, os, random, sys
import numpy, torch, transformers
from safetensors.torch import save_file
from transformers import BertConfig, BertForPreTraining

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
torch.set_num_threads(1)
VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__}
WORDS = "bert.embeddings.word_embeddings.weight"


# ---- models and batches ------------------------------------------------------------------------------------------

def configuration(activation, dropout=0.0, **sizes):
    return BertConfig(hidden_act=activation, layer_norm_eps=1e-12, hidden_dropout_prob=dropout,
                      attention_probs_dropout_prob=dropout, attn_implementation="eager", **sizes)


def make_model(config, seed):
    """Biases and layer normalisations away from 0 and 1, or no test could tell them apart."""
    torch.manual_seed(seed)
    model = BertForPreTraining(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.add_(torch.randn_like(parameter) * (0.1 if name.endswith("bias") or "LayerNorm" in name else 0.0))
    # Google's table has no special row: a masked token may be replaced with id 0, and that row then has a gradient.
    model.bert.embeddings.word_embeddings.padding_idx = None
    return model.train()


def in_precision(model, dtype):
    copy = BertForPreTraining(model.config)
    copy.load_state_dict(model.state_dict())
    copy.bert.embeddings.word_embeddings.padding_idx = None
    return copy.to(dtype).train()


def parameters(model):
    return dict(model.named_parameters())


def make_instances(count, vocabulary, longest, predictions, rng, fewest=1):
    """Ragged lengths, segment ids, 1 to `predictions` masked positions. Tokens are a noisy walk, so that there is
    something to learn; a random next segment starts elsewhere."""
    instances = []
    for _ in range(count):
        length = rng.randint(max(8, longest // 3), longest)
        first = rng.randint(3, length - 4)
        random_next = rng.random() < 0.5
        at = rng.randrange(4, vocabulary)
        ids = []
        for position in range(length):
            if position == first and random_next:
                at = rng.randrange(4, vocabulary)
            ids.append(at)
            at = 4 + (at - 4 + rng.choice([1, 1, 1, 2])) % (vocabulary - 4)
        ids[0], ids[first - 1], ids[-1] = 1, 2, 2
        candidates = [p for p in range(1, length) if p not in (first - 1, length - 1)]
        positions = sorted(rng.sample(candidates, min(len(candidates), rng.randint(fewest, predictions))))
        masked = [ids[p] for p in positions]
        for p in positions:
            ids[p] = 3 if rng.random() < 0.8 else rng.randrange(vocabulary)
        instances.append({"ids": ids, "segmentIds": [int(p >= first) for p in range(length)],
                          "maskedPositions": positions, "maskedIds": masked, "isRandomNext": random_next})
    return instances


def tensors_of(batch, longest, predictions):
    """As run_pretraining.py reads them: padded with 0; padded predictions are position 0, id 0, weight 0."""
    def padded(key, width):
        return torch.tensor([list(i[key]) + [0] * (width - len(i[key])) for i in batch])
    return {"input_ids": padded("ids", longest), "token_type_ids": padded("segmentIds", longest),
            "attention_mask": torch.tensor([[1] * len(i["ids"]) + [0] * (longest - len(i["ids"])) for i in batch]),
            "positions": padded("maskedPositions", predictions), "masked_ids": padded("maskedIds", predictions),
            "weights": torch.tensor([[1.0] * len(i["maskedIds"]) + [0.0] * (predictions - len(i["maskedIds"]))
                                     for i in batch]),
            "labels": torch.tensor([int(i["isRandomNext"]) for i in batch])}


def losses(model, batch):
    """run_pretraining.py:240-305."""
    sequence, pooled = model.bert(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"],
                                  token_type_ids=batch["token_type_ids"], return_dict=False)
    rows = torch.gather(sequence, 1, batch["positions"][:, :, None].expand(-1, -1, sequence.shape[-1]))
    log_probabilities = torch.log_softmax(model.cls.predictions(rows), -1)
    each = -log_probabilities.gather(-1, batch["masked_ids"][:, :, None])[:, :, 0]
    weights = batch["weights"].to(each.dtype)
    masked = (weights * each).sum() / (weights.sum() + 1e-5)
    following = torch.nn.functional.cross_entropy(model.cls.seq_relationship(pooled), batch["labels"])
    return masked, following


def error_by_name(a, b):
    """The measure of the numerics contract: |a - b| / max(|b|, 1e-6 of the norm of all)."""
    whole = math.sqrt(sum(float((t.double() ** 2).sum()) for t in b.values()))
    return {name: float((a[name].double() - b[name].double()).norm()) / max(float(b[name].double().norm()), 1e-6 * whole)
            for name in b}


def save(name, tensors, config, expected):
    kept = ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
            "max_position_embeddings", "type_vocab_size", "layer_norm_eps"]
    metadata = {"versions": json.dumps(VERSIONS), "config": json.dumps({k: getattr(config, k) for k in kept}),
                "expected": json.dumps(expected)}
    path = os.path.join(out, f"{name}.safetensors")
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, path, metadata)
    print(name, os.path.getsize(path), "bytes")


# ---- 1. forward --------------------------------------------------------------------------------------------------

def forward(activation, seed, **sizes):
    config = configuration(activation, vocab_size=90, num_hidden_layers=2, max_position_embeddings=20,
                           initializer_range=0.2, **sizes)
    model = make_model(config, seed).eval()
    rng = random.Random(seed)
    tensors = {f"parameter/{k}": v for k, v in parameters(model).items()}
    float32_error = 0.0
    for case, (size, longest) in enumerate([(1, 9), (4, 20), (3, 12)]):
        batch = tensors_of(make_instances(size, 90, longest, 5, rng), longest, 5)
        inputs = {k: batch[k] for k in ("input_ids", "attention_mask", "token_type_ids")}
        results = {}
        for dtype in (torch.float64, torch.float32):
            typed = in_precision(model, dtype).eval()
            with torch.no_grad():
                r = typed(**inputs, output_hidden_states=True)
                inner = typed.bert(**inputs)
                named = {"last_hidden_state": inner.last_hidden_state, "prediction_logits": r.prediction_logits, "seq_relationship_logits": r.seq_relationship_logits,
                         "pooler_output": inner.pooler_output}
                named |= {f"hidden_states.{i}": h for i, h in enumerate(r.hidden_states[:-1])}
            results[dtype] = named
        float32_error = max(float32_error, *(float((results[torch.float32][k].double() - v).abs().max())
                                             for k, v in results[torch.float64].items()))
        tensors |= {f"{case}/{k}": v for k, v in (inputs | results[torch.float64]).items()}
    save(f"forward-{activation}", tensors, config, {"cases": 3, "float32Error": float32_error})


forward("gelu", 1, hidden_size=16, num_attention_heads=2, intermediate_size=40, type_vocab_size=2)
forward("gelu_new", 2, hidden_size=24, num_attention_heads=4, intermediate_size=32, type_vocab_size=2)
forward("relu", 3, hidden_size=12, num_attention_heads=1, intermediate_size=50, type_vocab_size=3)


# ---- 2. losses and gradients -------------------------------------------------------------------------------------

def dropout_places(config, size, longest):
    """The places of dropout in the order of the forward pass, with their shapes."""
    hidden = (size, longest, config.hidden_size)
    yield "embeddings", hidden
    for layer in range(config.num_hidden_layers):
        yield f"layer.{layer}.attention.probabilities", (size, config.num_attention_heads, longest, longest)
        yield f"layer.{layer}.attention.output", hidden
        yield f"layer.{layer}.output", hidden


def gradients_with_dropout(seed, size, longest, predictions, probability):
    """Given masks in every place of dropout: transformers calls one function for all of them, in a known order."""
    config = configuration("gelu", probability, vocab_size=60, hidden_size=16, num_hidden_layers=2,
                           num_attention_heads=2, intermediate_size=24, max_position_embeddings=16,
                           type_vocab_size=2, initializer_range=0.3)
    model = make_model(config, seed)
    instances = make_instances(size, 60, longest, predictions - 1, random.Random(seed))
    masks = {place: torch.rand(shape) >= probability for place, shape in dropout_places(config, size, longest)}
    queue = list(masks.values())

    def masked_dropout(x, p=0.5, training=True, inplace=False):
        mask = queue.pop(0)
        assert training and p == probability and x.shape == mask.shape
        return x * mask / (1 - p)

    typed = in_precision(model, torch.float64)
    original, torch.nn.functional.dropout = torch.nn.functional.dropout, masked_dropout
    masked, following = losses(typed, tensors_of(instances, longest, predictions))
    torch.nn.functional.dropout = original
    assert not queue
    (masked + following).backward()
    tensors = {f"parameter/{k}": v for k, v in parameters(model).items()}
    tensors |= {f"gradient/{k}": p.grad for k, p in parameters(typed).items()}
    tensors |= {f"mask/{k}": v.to(torch.uint8) for k, v in masks.items()}
    save("gradients-dropout", tensors, config,
         {"longest": longest, "predictions": predictions, "instances": instances, "probability": probability,
          "maskedLmLoss": masked.item(), "nextSentenceLoss": following.item()})


def gradients(name, activation, seed, size, longest, predictions, fewest=1):
    config = configuration(activation, vocab_size=130, hidden_size=24, num_hidden_layers=2, num_attention_heads=4,
                           intermediate_size=40, max_position_embeddings=32, type_vocab_size=2, initializer_range=0.3)
    model = make_model(config, seed)
    instances = make_instances(size, 130, longest, predictions // 2, random.Random(seed), fewest)
    batch = tensors_of(instances, longest, predictions)
    found, values = {}, {}
    for dtype in (torch.float64, torch.float32):
        typed = in_precision(model, dtype)
        masked, following = losses(typed, batch)
        (masked + following).backward()
        values[dtype] = [masked.item(), following.item()]
        found[dtype] = {k: p.grad for k, p in parameters(typed).items()}
    # Rounding differs between equally good float32 programs: the worst of several orders of the rows and of two
    # implementations of attention stands for PyTorch.
    errors = [error_by_name(found[torch.float32], found[torch.float64])]
    for attention in ("eager", "sdpa"):
        for shift in range(min(size, 4)):
            typed = in_precision(model, torch.float32)
            typed.set_attn_implementation(attention)
            masked, following = losses(typed, {k: v.roll(shift, 0).flip(0) for k, v in batch.items()})
            (masked + following).backward()
            errors.append(error_by_name({k: p.grad for k, p in parameters(typed).items()}, found[torch.float64]))
    tensors = {f"parameter/{k}": v for k, v in parameters(model).items()}
    tensors |= {f"gradient/{k}": v for k, v in found[torch.float64].items()}
    save(f"gradients-{name}", tensors, config,
         {"longest": longest, "predictions": predictions, "instances": instances,
          "maskedLmLoss": values[torch.float64][0], "nextSentenceLoss": values[torch.float64][1],
          "float32Losses": values[torch.float32],
          "float32Errors": {k: max(e[k] for e in errors) for k in errors[0]}})


gradients("gelu", "gelu", 11, size=6, longest=24, predictions=10)
gradients("gelu_new", "gelu_new", 12, size=6, longest=24, predictions=10)
gradients("relu", "relu", 13, size=5, longest=17, predictions=8)
# Two masked tokens in the whole batch: 1e-5 beside the sum of weights is then 5e-6 of the loss.
gradients("few", "gelu", 14, size=2, longest=16, predictions=2)
gradients_with_dropout(15, size=4, longest=14, predictions=4, probability=0.25)


# ---- 3. the published optimizer ----------------------------------------------------------------------------------

def learning_rate(step, peak, warmup, total):
    """optimization.py:32-54 in float32, as TensorFlow computes it."""
    f = numpy.float32
    if step < warmup:
        return float(f(peak) * (f(step) / f(warmup)))
    return float((f(peak) - f(0)) * (f(1) - f(min(step, total)) / f(total)) + f(0))


class PublishedAdamW:
    """optimization.py:59-156: decoupled decay except for LayerNorm and bias, no bias correction, global-norm clip."""

    def __init__(self, model):
        self.model = model
        self.moments = {k: (torch.zeros_like(p), torch.zeros_like(p)) for k, p in parameters(model).items()}
        self.norms = []

    def step(self, rate):
        gradients = {k: p.grad for k, p in parameters(self.model).items()}
        norm = torch.sqrt(sum((g ** 2).sum() for g in gradients.values()))
        self.norms.append(float(norm))
        scale = torch.minimum(1 / norm, torch.ones_like(norm))
        with torch.no_grad():
            for name, parameter in parameters(self.model).items():
                gradient = gradients[name] * scale
                m, v = self.moments[name]
                m.mul_(0.9).add_((1.0 - 0.9) * gradient)
                v.mul_(0.999).add_((1.0 - 0.999) * gradient * gradient)
                update = m / (torch.sqrt(v) + 1e-6)
                if "LayerNorm" not in name and "bias" not in name:
                    update = update + 0.01 * parameter
                parameter.sub_(rate * update)


def train(model, dtype, batches, schedule, reorder=lambda rows: rows, attention=None):
    typed = in_precision(model, dtype)
    if attention:
        typed.set_attn_implementation(attention)
    optimizer = PublishedAdamW(typed)
    curve = []
    for step, batch in enumerate(batches):
        typed.zero_grad(set_to_none=True)
        batch = {k: reorder(v) for k, v in batch.items()}
        masked, following = losses(typed, batch)
        (masked + following).backward()
        curve.append((masked + following).item())
        optimizer.step(learning_rate(step, *schedule))
    return typed, curve, optimizer.norms


def trajectory(name, config, seed, pool, size, steps, longest, predictions, schedule):
    model = make_model(config, seed)
    rng = random.Random(seed)
    instances = make_instances(pool, config.vocab_size, longest, predictions - 2, rng)
    rows = [rng.sample(range(pool), size) for _ in range(steps)]
    batches = [tensors_of([instances[i] for i in row], longest, predictions) for row in rows]
    exact, curve, norms = train(model, torch.float64, batches, schedule)
    final = {k: p.detach() for k, p in parameters(exact).items()}
    weight_errors, loss_errors = [], []
    # As for single gradients: several orders of the rows and two implementations of attention stand for PyTorch.
    orders = [(None, lambda rows: rows)]
    orders += [(attention, lambda rows, by=shift: rows.roll(by, 0).flip(0))
               for attention in ("eager", "sdpa") for shift in range(4)]
    for attention, reorder in orders:
        typed, float32_curve, _ = train(model, torch.float32, batches, schedule, reorder, attention)
        weight_errors.append({k: float((p.detach().double() - final[k]).norm()) for k, p in parameters(typed).items()})
        loss_errors.append(math.sqrt(sum((a - b) ** 2 for a, b in zip(float32_curve, curve)) / steps))
    clipped = sum(n > 1 for n in norms) / steps
    print(name, "clipped", clipped, "loss", curve[0], "->", curve[-1], "float32 loss errors", loss_errors)
    tensors = {f"parameter/{k}": v for k, v in parameters(model).items()}
    tensors |= {f"final/{k}": v for k, v in final.items()}
    save(f"trajectory-{name}", tensors, config,
         {"longest": longest, "predictions": predictions, "instances": instances, "batches": rows,
          "schedule": dict(zip(("learningRate", "warmupSteps", "totalSteps"), schedule)),
          "losses": curve, "norms": norms, "clippedShare": clipped, "float32LossError": max(loss_errors),
          "float32LossErrors": loss_errors,
          "float32WeightErrors": {k: [e[k] for e in weight_errors] for k in final}})


for name, activation in (("erf", "gelu"), ("tanh", "gelu_new")):
    trajectory(name, configuration(activation, vocab_size=150, hidden_size=12, num_hidden_layers=2,
                                   num_attention_heads=2, intermediate_size=40, max_position_embeddings=32,
                                   type_vocab_size=2, initializer_range=0.05),
               seed=21, pool=96, size=16, steps=200, longest=24, predictions=8, schedule=(5e-4, 20, 200))
# Small enough for the float64 interpreter: there the faintest mutant stands out.
trajectory("float64", configuration("gelu", vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                                    intermediate_size=12, max_position_embeddings=12, type_vocab_size=2,
                                    initializer_range=0.2),
           seed=22, pool=24, size=8, steps=60, longest=12, predictions=6, schedule=(5e-3, 6, 60))


# ---- 4. dropout --------------------------------------------------------------------------------------------------

def moments(values):
    values = numpy.array(values)
    return {"count": len(values), "mean": float(values.mean()), "deviation": float(values.std(ddof=1))}


def dropout_distribution(probability, draws, seeds, steps):
    """Losses and gradient norms of one batch over many draws; the loss at the end of training over many seeds."""
    config = configuration("gelu", probability, vocab_size=60, hidden_size=16, num_hidden_layers=2,
                           num_attention_heads=2, intermediate_size=32, max_position_embeddings=16,
                           type_vocab_size=2, initializer_range=0.3)
    model = make_model(config, 31)
    instances = make_instances(40, 60, 16, 4, random.Random(31))
    rows = [[(step * 5 + 7 * k) % 40 for k in range(8)] for step in range(steps)]
    batches = [tensors_of([instances[i] for i in row], 16, 4) for row in rows]
    masked_losses, following_losses, norms, ends = [], [], [], []
    torch.manual_seed(32)
    typed = in_precision(model, torch.float32)
    for _ in range(draws):
        typed.zero_grad(set_to_none=True)
        masked, following = losses(typed, batches[0])
        (masked + following).backward()
        masked_losses.append(masked.item())
        following_losses.append(following.item())
        norms.append(math.sqrt(sum(p.grad.square().sum().item() for p in typed.parameters())))
    schedule = (2e-3, 4, steps)
    for seed in range(seeds):
        torch.manual_seed(1000 + seed)
        _, curve, _ = train(model, torch.float32, batches, schedule)
        ends.append(sum(curve[-10:]) / 10)
    expected = {"probability": probability, "longest": 16, "predictions": 4, "instances": instances, "batches": rows,
                "schedule": dict(zip(("learningRate", "warmupSteps", "totalSteps"), schedule)),
                "maskedLmLoss": moments(masked_losses), "nextSentenceLoss": moments(following_losses),
                "gradientNorm": moments(norms), "lastTen": moments(ends)}
    print({k: v for k, v in expected.items() if isinstance(v, dict)})
    save("dropout", {f"parameter/{k}": v for k, v in parameters(model).items()}, config, expected)


dropout_distribution(0.2, draws=6000, seeds=60, steps=40)
