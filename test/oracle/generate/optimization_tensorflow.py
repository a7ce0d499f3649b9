"""The published optimization.py itself under TensorFlow 2's compat.v1: learning rates, updates, and what its clip norms.

Run:  python optimization_tensorflow.py BERT OUT   (tensorflow-cpu; BERT is a clone of google-research/bert)
Writes OUT/schedule.json (every step by SHA-256, samples), OUT/adam-w.json (adversarial gradients through the real
optimizer), OUT/clip.json (tf.clip_by_global_norm; IndexedSlices of a tied embedding).
"""
import hashlib, json, os, subprocess, sys
import numpy
import tensorflow

bert, out = sys.argv[1:3]
os.makedirs(out, exist_ok=True)
tf = tensorflow.compat.v1
tf.disable_v2_behavior()
sys.modules["tensorflow"] = tf  # the 2018 sources import TensorFlow 1
sys.path.insert(0, bert)
import optimization
VERSIONS = {"tensorflow": tensorflow.__version__, "bert": "eedf5716ce1268e56f0a50264a88cafad334ac61"}


def write(name, value):
    with open(os.path.join(out, name), "w") as file:
        json.dump({"versions": VERSIONS, **value}, file, indent=None)
        file.write("\n")
    print(name, os.path.getsize(os.path.join(out, name)), "bytes")


def grappler(on):
    """TensorFlow's default rewrites x / constant as x * (1 / constant); `on=False` runs the graph as written."""
    config = tf.ConfigProto()
    if not on:
        config.graph_options.rewrite_options.disable_meta_optimizer = True
    return config


# ---- schedule ----------------------------------------------------------------------------------------------------

def create_optimizer(loss, schedule):
    """The published function; also returns its learning rate, which it keeps to itself."""
    seen = []
    construct = optimization.AdamWeightDecayOptimizer.__init__

    def recording(self, learning_rate, **rest):
        seen.append(learning_rate)
        construct(self, learning_rate, **rest)

    optimization.AdamWeightDecayOptimizer.__init__ = recording
    train = optimization.create_optimizer(loss, *schedule, False)
    optimization.AdamWeightDecayOptimizer.__init__ = construct
    return train, seen[0]


def rates(peak, warmup, total, rewritten):
    with tf.Graph().as_default():
        _, rate = create_optimizer(tf.reduce_sum(tf.get_variable("w", shape=[1])), (peak, total, warmup))
        with tf.control_dependencies([rate]):
            advance = tf.train.get_global_step().assign_add(1)
        with tf.Session(config=grappler(rewritten)) as session:
            session.run(tf.global_variables_initializer())
            run = session.make_callable([rate, advance])
            return numpy.array([run()[0] for _ in range(total + 1)], numpy.float32)


def schedule_case(peak, warmup, total):
    both = {on: rates(peak, warmup, total, on) for on in (True, False)}
    samples = sorted({0, 1, 2, 3, 7, warmup // 2, max(warmup - 1, 0), warmup, warmup + 1, total // 3, total - 1, total})
    differ = int((both[True] != both[False]).sum())
    print(peak, warmup, total, "steps that the rewriting changes:", differ)
    return {"learningRate": peak, "warmupSteps": warmup, "totalSteps": total,
            "sha256": hashlib.sha256(both[True].astype("<f4").tobytes()).hexdigest(),
            "sha256AsWritten": hashlib.sha256(both[False].astype("<f4").tobytes()).hexdigest(),
            "samples": [[s, float(both[True][s])] for s in samples]}


write("schedule.json", {"cases": [schedule_case(5e-5, 10_000, 150_000), schedule_case(5e-5, 0, 3_000),
                                  schedule_case(5e-4, 20, 200), schedule_case(3e-5, 777, 10_007)]})


# ---- updates on adversarial gradients ----------------------------------------------------------------------------

def published_updates():
    """Four variables, 40 steps of the real create_optimizer on loss = sum(gradient * variable)."""
    numbers = numpy.random.RandomState(7)
    special = numpy.array([0, -0.0, 1e-45, -1e-45, 1e-40, 1e-30, -1e-22, 1e-19, 1e-12, 1e-6, -1, 3, 1e4, -1e8, 1e12, 1e15],
                          numpy.float32)
    names = {"layer/kernel": True, "layer/bias": False, "layer/LayerNorm/gamma": False, "faint/kernel": True}
    faint = numpy.float64(10) ** -numpy.arange(2, 50, 3)
    start = {n: numbers.randn(16).astype(numpy.float32) for n in names}
    scales = [1e-3, 1e12, 1.0, 0.0]
    steps, peak, warmup, total = 40, 5e-4, 4, 40
    fed = []
    for step in range(steps):
        noise = {n: numbers.randn(16).astype(numpy.float32) for n in names}
        scale = numpy.float32(scales[step % 4])
        # Every fourth step the norm is near 0.6, huge, about 7, and 0; on step 6 the special numbers come in as they are.
        fed.append({n: (numpy.roll(special, i) if step in (6, 21) else noise[n] * (scale if step % 4 else numpy.float32(0.08)))
                    .astype(numpy.float32) for i, n in enumerate(names)})
        if step % 8 == 2:
            fed[-1] = {n: g * numpy.float32(1e-38) for n, g in fed[-1].items()}
        fed[-1]["faint/kernel"] = (noise["faint/kernel"] * faint).astype(numpy.float32)
    with tf.Graph().as_default():
        variables = {n: tf.get_variable(n, initializer=start[n]) for n in names}
        holders = {n: tf.placeholder(tf.float32, [16]) for n in names}
        loss = tf.add_n([tf.reduce_sum(holders[n] * variables[n]) for n in names])
        train, rate = create_optimizer(loss, (peak, total, warmup))
        moments = {n: [tf.get_default_graph().get_tensor_by_name(f"{n}/adam_{k}:0") for k in "mv"] for n in names}
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            after = []
            for gradients in fed:
                # One run would race: nothing orders the rate's reading of global_step before its increment.
                now = session.run(rate)
                session.run(train, {rate: now, **{holders[n]: gradients[n] for n in names}})
                after.append(session.run({n: [variables[n], *moments[n]] for n in names}))
    as_list = lambda a: [float(x) for x in a]
    return {"schedule": {"learningRate": peak, "warmupSteps": warmup, "totalSteps": total}, "decay": names,
            "start": {n: as_list(w) for n, w in start.items()},
            "steps": [{n: {"gradient": as_list(g[n]), "weights": as_list(a[n][0]), "firstMoments": as_list(a[n][1]),
                           "secondMoments": as_list(a[n][2])} for n in names} for g, a in zip(fed, after)]}


write("adam-w.json", published_updates())


# ---- clip --------------------------------------------------------------------------------------------------------

def clips():
    cases = []
    numbers = numpy.random.RandomState(8)
    with tf.Graph().as_default(), tf.Session() as session:
        holder = tf.placeholder(tf.float32, [None])
        (clipped,), norm = tf.clip_by_global_norm([holder], clip_norm=1.0)
        for scale in (0, 1e-3, 0.1, 0.1767, 0.17678, 0.25, 1, 30, 1e6, 1e15):
            gradient = (numbers.randn(32) * scale).astype(numpy.float32)
            c, n = session.run([clipped, norm], {holder: gradient})
            cases.append({"gradient": [float(x) for x in gradient], "clipped": [float(x) for x in c], "norm": float(n)})
    return cases


def indexed_slices():
    """A table that is looked up (one row three times) and is the decoder too, as in run_pretraining.py."""
    numbers = numpy.random.RandomState(9)
    table0 = numbers.randn(6, 4).astype(numpy.float32)
    weights = numbers.randn(5, 4).astype(numpy.float32)
    rows = numbers.randn(2, 4).astype(numpy.float32)
    indices = [1, 4, 1, 0, 1]
    result = {}
    for tied in (False, True):
        with tf.Graph().as_default(), tf.Session() as session:
            table = tf.get_variable("t", initializer=table0)
            loss = tf.reduce_sum(tf.gather(table, indices) * weights)
            if tied:
                loss += tf.reduce_sum(tf.square(tf.matmul(rows, table, transpose_b=True)))
            (gradient,) = tf.gradients(loss, [table])
            (clipped,), norm = tf.clip_by_global_norm([gradient], clip_norm=1.0)
            _, summed_norm = tf.clip_by_global_norm([tf.convert_to_tensor(gradient)], clip_norm=1.0)
            session.run(tf.global_variables_initializer())
            slices = isinstance(gradient, tensorflow.IndexedSlices)
            parts = [gradient.values, gradient.indices] if slices else []
            n, s, dense, *parts = session.run([norm, summed_norm, tf.convert_to_tensor(clipped), *parts])
            result["tied" if tied else "lookup"] = {
                "kind": "IndexedSlices" if slices else "Tensor", "norm": float(n), "normOfSummed": float(s),
                "clipped": dense.tolist(),
                **({"values": parts[0].tolist(), "indices": parts[1].tolist()} if slices else {})}
    return result


write("clip.json", {"cases": clips(), "indexedSlices": indexed_slices()})
