"""The same texts through spaCy: spacy.py PIPELINE TEXTS.jsonl; nlp.pipe, tagger and ner off, one thread a process. For every line
"BATCH PROCESSES" on stdin one round and a line of figures. Seconds of the processor are of this process and its finished children."""
import json
import os
import resource
import sys
import time
import warnings

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[name] = "1"
# This file is named as the package: its folder must not come first.
sys.path.pop(0)
import spacy  # noqa: E402

warnings.filterwarnings("ignore")


def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    nlp = spacy.load(sys.argv[1], exclude=["tagger", "ner"])
    texts = [json.loads(line)["text"] for line in open(sys.argv[2], encoding="utf-8")]
    print(json.dumps({"version": spacy.__version__}), flush=True)
    for line in sys.stdin:
        batch, processes = map(int, line.split())
        start, start_cpu = time.perf_counter(), cpu()
        words = sum(len(doc) for doc in nlp.pipe(texts, batch_size=batch, n_process=processes))
        print(json.dumps({"words": words, "wall": time.perf_counter() - start, "cpu": cpu() - start_cpu}), flush=True)
