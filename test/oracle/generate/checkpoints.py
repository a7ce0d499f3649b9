"""Small random BERTs in every PyTorch-side format, with digests of their tensors and the outputs of transformers.

Run:  python checkpoints.py OUT   (torch, transformers, safetensors)
Writes OUT/{pretraining,sequence-classification,token-classification}/ (config.json, model.safetensors, outputs.safetensors),
OUT/pretraining/{legacy,zip,old-names}.bin, OUT/sharded/, OUT/odd.bin, OUT/odd-legacy.bin, OUT/odd.json.
"""
import hashlib, json, os, sys
from collections import OrderedDict
import torch, transformers
from safetensors.torch import save_file
from transformers import (BertConfig, BertForPreTraining, BertForSequenceClassification,
                          BertForTokenClassification)

out = sys.argv[1]
VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__}


def digest(tensor):
    t = tensor.detach().cpu().contiguous()
    raw = t.reshape(-1).view(torch.uint8).numpy().tobytes() if t.numel() else b""
    return {"type": str(t.dtype).removeprefix("torch."), "dims": list(t.shape),
            "sha256": hashlib.sha256(raw).hexdigest()}


def write_json(path, value):
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def config(**more):
    return BertConfig(vocab_size=64, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                      intermediate_size=32, max_position_embeddings=32, initializer_range=0.4, **more)


def randomize(model):
    """Biases and layer norms away from 0 and 1, or tests could not tell them apart."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model.eval()


def batch():
    ids = torch.randint(5, 64, (3, 9))
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    mask[2, 1:] = 0
    ids = ids * mask
    types = torch.zeros_like(ids)
    types[:, 4:] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types * mask}


def outputs(model, inputs):
    with torch.no_grad():
        result = model(**inputs, output_hidden_states=True, output_attentions=True)
    tensors = {name: value.to(torch.int64) for name, value in inputs.items()}
    for name, value in result.items():
        if isinstance(value, tuple):
            for index, item in enumerate(value):
                tensors[f"{name}.{index}"] = item.contiguous()
        else:
            tensors[name] = value.contiguous()
    if hasattr(model, "bert"):
        with torch.no_grad():
            inner = model.bert(**inputs)
        tensors["last_hidden_state"] = inner.last_hidden_state
        if inner.pooler_output is not None:
            tensors["pooler_output"] = inner.pooler_output
    return tensors


def save(name, model, inputs):
    folder = os.path.join(out, name)
    os.makedirs(folder, exist_ok=True)
    model.save_pretrained(folder)
    for extra in ("generation_config.json",):
        if os.path.exists(os.path.join(folder, extra)):
            os.remove(os.path.join(folder, extra))
    save_file(outputs(model, inputs), os.path.join(folder, "outputs.safetensors"), VERSIONS)
    return folder


torch.manual_seed(20190406)
inputs = batch()
pretraining = randomize(BertForPreTraining(config(attn_implementation="eager")))
folder = save("pretraining", pretraining, inputs)
state = OrderedDict((k, v.clone()) for k, v in pretraining.state_dict().items())
write_json(os.path.join(folder, "expected.json"),
           {"versions": VERSIONS, "tensors": {k: digest(v) for k, v in state.items()}})
torch.save(state, os.path.join(folder, "legacy.bin"), _use_new_zipfile_serialization=False)
torch.save(state, os.path.join(folder, "zip.bin"))
# Files of 2018 and 2019 call the parameters of LayerNorm gamma and beta.
old = OrderedDict((k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"), v)
                  for k, v in state.items())
torch.save(old, os.path.join(folder, "old-names.bin"), _use_new_zipfile_serialization=False)
pretraining.save_pretrained(os.path.join(out, "sharded"), max_shard_size="12KB")
for extra in ("generation_config.json", "config.json"):
    path = os.path.join(out, "sharded", extra)
    if os.path.exists(path):
        os.remove(path)

for name, kind in (("sequence-classification", BertForSequenceClassification),
                   ("token-classification", BertForTokenClassification)):
    labels = ["contradiction", "entailment", "neutral"] if kind is BertForSequenceClassification else \
        ["O", "B-problem", "I-problem", "B-test", "I-test"]
    model = kind(config(id2label=dict(enumerate(labels)), label2id={l: i for i, l in enumerate(labels)},
                        hidden_act="gelu_new", attn_implementation="eager"))
    save(name, randomize(model), inputs)

base = torch.arange(60, dtype=torch.float32)
odd = OrderedDict(
    transposed=base.reshape(6, 10).t(),
    middle=base.reshape(6, 10)[2:5, 3:7],
    stepped=base[::7],
    expanded=base[5:6].expand(4, 3),
    permuted=torch.arange(24, dtype=torch.int64).reshape(2, 3, 4).permute(2, 0, 1),
    scalar=torch.tensor(1.5),
    empty=torch.zeros(0, 4),
    half=torch.randn(5).half(),
    bfloat=torch.randn(5).bfloat16(),
    double=torch.randn(5, dtype=torch.float64),
    long=torch.tensor([1, -1, 2**62, -(2**62)]),
    int=torch.tensor([1, -1], dtype=torch.int32),
    short=torch.tensor([1, -1], dtype=torch.int16),
    char=torch.tensor([1, -1], dtype=torch.int8),
    byte=torch.tensor([1, 255], dtype=torch.uint8),
    bool=torch.tensor([True, False, True]),
    parameter=torch.nn.Parameter(torch.randn(2, 2)),
    nested={"a": base[10:20], "list": [base[:2], {"b": base[2:4]}]},
    not_a_tensor=3,
)


def flatten(value, name=""):
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, (dict, list)):
        for key, item in (value.items() if isinstance(value, dict) else enumerate(value)):
            yield from flatten(item, f"{name}.{key}" if name else str(key))


torch.save(odd, os.path.join(out, "odd.bin"))
torch.save(odd, os.path.join(out, "odd-protocol-4.bin"), pickle_protocol=4)
torch.save(odd, os.path.join(out, "odd-legacy.bin"), _use_new_zipfile_serialization=False)
torch.serialization.set_crc32_options(False)
torch.save(odd, os.path.join(out, "odd-without-crc.bin"))
write_json(os.path.join(out, "odd.json"),
           {"versions": VERSIONS, "tensors": {k: digest(v) for k, v in flatten(odd)}})
