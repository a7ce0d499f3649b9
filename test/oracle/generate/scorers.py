"""Random label sequences, concepts and PHI with the scores that the original scorers give them.

Run:  python scorers.py OUT CASES CLINICALBERT I2B2_EVALUATION [SEED]   (seqeval 1.2.2, scikit-learn, numpy, lxml; perl)
CLINICALBERT is a checkout of EmilyAlsentzer/clinicalBERT (its conlleval.pl, version 2004-01-26, and score_i2b2.py),
I2B2_EVALUATION one of kotfic/i2b2_evaluation_scripts at acbfd4e. The latter is Python 2: three expressions are rewritten below,
which change nothing that is computed. The golden files were made with CASES = 40.
"""
import contextlib, io, json, os, random, runpy, subprocess, sys, tempfile, types, warnings
from importlib.metadata import version
import numpy, seqeval.scheme
from seqeval.metrics import classification_report, accuracy_score
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support
from sklearn.metrics import accuracy_score as accuracy, confusion_matrix, f1_score

out, cases, clinicalbert, i2b2 = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
warnings.simplefilter("ignore")
rng = random.Random(int(sys.argv[5]) if len(sys.argv) > 5 else 20190604)
os.makedirs(out, exist_ok=True)


def write(name, upstream, items):
    with open(os.path.join(out, name + ".json"), "w") as file:
        json.dump({"upstream": upstream, "cases": items}, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


def sentences(alphabet, noise, most=6, longest=9):
    pairs = [[(gold := rng.choice(alphabet), gold if rng.random() > noise else rng.choice(alphabet))
              for _ in range(rng.randint(1, longest))] for _ in range(rng.randint(1, most))]
    return [[g for g, _ in s] for s in pairs], [[p for _, p in s] for s in pairs]


def chunked(inside, first, last, single, labels):
    """Well-formed tags of a scheme."""
    tags = []
    while len(tags) < rng.randint(1, 9):
        length = rng.choice([0, 1, 1, 2, 3])
        label = rng.choice(labels)
        if length == 0:
            tags.append("O")
        elif length == 1:
            tags.append(single + "-" + label)
        else:
            tags += [first + "-" + label] + [inside + "-" + label] * (length - 2) + [last + "-" + label]
    return tags


IOB = ["O", "O", "B-A", "I-A", "B-B", "I-B"]
BIOES = ["O", "O", "B-A", "I-A", "E-A", "S-A", "B-B", "I-B", "E-B", "S-B"]
ODD = ["O", "B", "I", "I-A", "B-A", "B-0", "I-0", "[-A", "]-A", ".", "B-LOC-X", "I-LOC-X", "I-é", "B-𝒜", "B-ﾮ", "OTHER", "E-A"]

# conlleval
items = []
for number in range(cases):
    gold, guess = sentences([IOB, BIOES, ODD][number % 3], rng.random())
    options = {"raw": number % 7 == 3, "latex": number % 5 == 2}
    text = "".join("".join(f"w {g} {p}\n" for g, p in zip(gs, ps)) + "\n" for gs, ps in zip(gold, guess))
    flags = (["-r"] if options["raw"] else []) + (["-l"] if options["latex"] else [])
    run = subprocess.run(["perl", os.path.join(clinicalbert, "downstream_tasks/ner_eval/conlleval.pl"), *flags],
                         input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    items.append({"gold": gold, "predicted": guess, **options, "report": run.stdout.decode()})
write("conlleval", "conlleval.pl 2004-01-26", items)

# seqeval
SCHEMES = {"iob1": (seqeval.scheme.IOB1, "IOB"), "iob2": (seqeval.scheme.IOB2, "IOB"), "ioe1": (seqeval.scheme.IOE1, "IOE"),
           "ioe2": (seqeval.scheme.IOE2, "IOE"), "iobes": (seqeval.scheme.IOBES, "IOBES"), "bilou": (seqeval.scheme.BILOU, "BILOU")}
items = []
for number in range(2 * cases):
    strict = None if number % 2 == 0 else list(SCHEMES)[(number // 2) % 6]
    if strict is None:
        alphabet = [IOB, BIOES, ODD][(number // 2) % 3]
    else:
        alphabet = ["O"] + [p + "-" + l for p in SCHEMES[strict][1] if p != "O" for l in ("A", "B", "-C-")]
    gold, guess = sentences(alphabet, rng.random())
    arguments = {"mode": "strict", "scheme": SCHEMES[strict][0]} if strict else {}
    try:
        report = classification_report(gold, guess, digits=4, **arguments)
    except ValueError:  # max() of no classes
        report = None
    expected = {}
    if report is not None:
        values = classification_report(gold, guess, output_dict=True, **arguments)
        expected = {name: [float(v["precision"]), float(v["recall"]), float(v["f1-score"]), int(v["support"])]
                    for name, v in values.items()}
    items.append({"gold": gold, "predicted": guess, "strict": strict, "report": report, "expected": expected})
write("seqeval", "seqeval " + version("seqeval"), items)

# score_i2b2.py
items = []
script = os.path.join(clinicalbert, "downstream_tasks/ner_eval/score_i2b2.py")
for number in range(cases):
    def concepts(most):
        texts = ["pain", "chest pain", 'a " b']
        return [f'c="{rng.choice(texts)}" {rng.randint(1, 3)}:{rng.choice(["0", "1", "01"])} '
                f'{rng.randint(1, 3)}:{rng.randint(0, 2)}||t="{rng.choice(["Problem", "Test"])}"' for _ in range(rng.randint(0, most))]
    gold = concepts(8)
    guess = [line for line in gold if rng.random() < 0.6] + concepts(3) if number % 5 else []
    with tempfile.TemporaryDirectory() as folder:
        for side, lines in (("gold", gold), ("pred", guess)):
            os.makedirs(os.path.join(folder, side))
            with open(os.path.join(folder, side, "i2b2.con"), "w") as file:
                file.write("".join(line + "\n" for line in lines))
        sys.argv = [script, "--input_pred_dir", os.path.join(folder, "pred"),
                    "--input_gold_dir", os.path.join(folder, "gold"), "--output_dir", folder]
        fails = False
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            try:
                runpy.run_path(script, run_name="__main__")
            except ZeroDivisionError:
                fails = True
    items.append({"gold": gold, "predicted": guess, "fails": fails, "report": printed.getvalue()})
write("i2b2", "EmilyAlsentzer/clinicalBERT score_i2b2.py", items)

# accuracy
items = []
for number in range(cases):
    labels = ["contradiction", "entailment", "neutral"]
    gold = [rng.choice(labels) for _ in range(rng.randint(1, 40))]
    guess = [g if rng.random() < 0.6 else rng.choice(labels) for g in gold]
    items.append({"gold": gold, "predicted": guess, "accuracy": accuracy(gold, guess),
                  "labels": sorted(set(gold) | set(guess)), "confusion": confusion_matrix(gold, guess).tolist(),
                  "f1": f1_score(gold, guess, average="macro", zero_division=0)})
write("labels", "scikit-learn " + version("scikit-learn"), items)

# i2b2 2014 de-identification
sys.path.insert(0, i2b2)


def load(name, *replacements):
    with open(os.path.join(i2b2, name + ".py")) as file:
        source = file.read()
    for old, new in replacements:
        assert old in source, old
        source = source.replace(old, new)
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, name + ".py", "exec"), module.__dict__)
    return module


load("tags", ("self_dict.values() == other_dict.values()", "list(self_dict.values()) == list(other_dict.values())"))
classes = load("classes", ("handle.read().decode('utf8')", "handle.read()"), ("s_sas.values()[0]", "list(s_sas.values())[0]"),
               ('hasattr(text, "__iter__")', 'not isinstance(text, str)'))
TYPES = [("NAME", "PATIENT"), ("NAME", "DOCTOR"), ("LOCATION", "CITY"), ("LOCATION", "HOSPITAL"), ("DATE", "DATE"),
         ("ID", "IDNUM"), ("ID", "MEDICALRECORD"), ("CONTACT", "PHONE"), ("AGE", "AGE"), ("PROFESSION", "PROFESSION"),
         ("OTHER", "OTHER"), ("NAME", "Patient")]


def xml(text, tags):
    rows = "".join(f'<{n} id="P{i}" start="{s}" end="{e}" text="" TYPE="{t}" comment=""/>' for i, (n, t, s, e) in enumerate(tags))
    return f"<deIdi2b2><TEXT><![CDATA[{text}]]></TEXT><TAGS>{rows}</TAGS></deIdi2b2>"


items = []
for number in range(cases // 2):
    documents = []
    with tempfile.TemporaryDirectory() as folder:
        gold_sa, system_sa = {}, {}
        for document in range(rng.randint(1, 4)):
            text = "".join(rng.choice("ab1 -./é𝒜") for _ in range(60))

            def tag():
                name, kind = rng.choice(TYPES)
                start = rng.randint(0, 50)
                return [name, kind, start, start + rng.randint(1, 9)]
            gold = [tag() for _ in range(rng.randint(0, 7))]
            guess = []
            for name, kind, start, end in gold:
                if rng.random() < 0.3:
                    name, kind = rng.choice(TYPES)
                if rng.random() < 0.75:
                    guess.append([name, kind, start, max(start + 1, min(60, end + rng.choice([0, 0, 0, 1, 2, 3, -1, -2])))])
                if rng.random() < 0.1:
                    guess.append([name, kind, start, min(60, end + rng.choice([1, 2]))])
            guess += [tag() for _ in range(rng.randint(0, 2))]
            for side, tags, into in (("gold", gold, gold_sa), ("system", guess, system_sa)):
                path = os.path.join(folder, side, f"{100 + document}-01.xml")
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf8") as file:
                    file.write(xml(text, tags))
                annotation = classes.StandoffAnnotation(path)
                into[annotation.id] = annotation
            documents.append({"id": f"{100 + document}-01", "text": text, "gold": gold, "predicted": guess})
        track = classes.PHITrackEvaluation(system_sa, gold_sa)
        measures = []
        for e in track.evaluations:
            (mp, mp_std), (mr, mr_std) = e.macro_precision(), e.macro_recall()
            # numpy's 0/0, which the script prints as nan.
            measures.append([None if numpy.isnan(v) else float(v) for v in (e.micro_precision(), e.micro_recall(), classes.Evaluate.F_beta(e.micro_precision(), e.micro_recall()),
                             mp, mr, classes.Evaluate.F_beta(mp, mr), mp_std, mr_std)])
        names = [e.sys_id.strip() for e in track.evaluations]
    items.append({"documents": documents, "measures": measures})
write("deid", {"i2b2_evaluation_scripts": "acbfd4e", "measures": names}, items)
