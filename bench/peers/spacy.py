"""The same texts through spaCy: spacy.py PIPELINE TEXTS.jsonl ROUNDS BATCH PROCESSES; nlp.pipe, tagger and ner off, one thread a
process. Seconds of the processor are of this process and its finished children."""
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
    pipeline, texts_file, rounds, batch, processes = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    nlp = spacy.load(pipeline, exclude=["tagger", "ner"])
    texts = [json.loads(line)["text"] for line in open(texts_file, encoding="utf-8")]
    result = {"words": 0, "wall": [], "cpu": [], "version": spacy.__version__}
    for turn in range(-1, rounds):
        start, start_cpu = time.perf_counter(), cpu()
        words = sum(len(doc) for doc in nlp.pipe(texts, batch_size=batch, n_process=processes))
        if turn >= 0:
            result["words"] = words
            result["wall"].append(time.perf_counter() - start)
            result["cpu"].append(cpu() - start_cpu)
    print(json.dumps(result))
