"""Google's own modeling.py, run_pretraining.py and optimization.py under TensorFlow 2's compat.v1, along the trajectories
of pretraining_pytorch.py: how far they stray from it in float32.

Run:  python run_pretraining_tensorflow.py BERT PRETRAINING   (tensorflow-cpu; BERT is a clone of google-research/bert)
Reads PRETRAINING/trajectory-{erf,tanh}.safetensors, writes PRETRAINING/google-{erf,tanh}.json. The erf form of gelu is in
the parent of bee6030, the tanh form in eedf571.
"""
import json, os, subprocess, sys, tempfile, types
import numpy

bert, folder, *child = sys.argv[1:]
COMMITS = {"erf": "bee6030~1", "tanh": "eedf5716ce1268e56f0a50264a88cafad334ac61"}

if not child:  # one process a commit: the modules have the same names
    for form, commit in COMMITS.items():
        with tempfile.TemporaryDirectory() as checkout:
            archive = subprocess.run(["git", "-C", bert, "archive", commit], check=True, capture_output=True).stdout
            subprocess.run(["tar", "-x", "-C", checkout], input=archive, check=True)
            subprocess.run([sys.executable, __file__, checkout, folder, form], check=True)
    sys.exit()

form = child[0]
import tensorflow

tf = tensorflow.compat.v1
tf.disable_v2_behavior()


def dense(inputs, units, activation=None, name=None, kernel_initializer=None):
    """tf.layers.dense on rows, which Keras 3 no longer has."""
    with tf.variable_scope(name, default_name="dense"):
        kernel = tf.get_variable("kernel", [inputs.shape[-1], units], initializer=kernel_initializer)
        bias = tf.get_variable("bias", [units], initializer=tf.zeros_initializer())
        outputs = tf.nn.bias_add(tf.matmul(inputs, kernel), bias)
        return outputs if activation is None else activation(outputs)


def layer_norm(inputs, begin_norm_axis, begin_params_axis, scope):
    """tf.contrib.layers.layer_norm over the last axis."""
    with tf.variable_scope(scope, default_name="LayerNorm"):
        beta = tf.get_variable("beta", [inputs.shape[-1]], initializer=tf.zeros_initializer())
        gamma = tf.get_variable("gamma", [inputs.shape[-1]], initializer=tf.ones_initializer())
        mean, variance = tf.nn.moments(inputs, [-1], keep_dims=True)
        return tf.nn.batch_normalization(inputs, mean, variance, offset=beta, scale=gamma, variance_epsilon=1e-12)


tf.layers = types.SimpleNamespace(dense=dense)
tf.contrib = types.SimpleNamespace(layers=types.SimpleNamespace(layer_norm=layer_norm))
sys.modules["tensorflow"] = tf
sys.path.insert(0, bert)
import modeling, optimization, run_pretraining


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    kinds = {"F32": numpy.float32, "F64": numpy.float64}
    metadata = header.pop("__metadata__")
    return metadata, {name: numpy.frombuffer(data[slice(*entry["data_offsets"])], kinds[entry["dtype"]])
                      .reshape(entry["shape"]) for name, entry in header.items()}


def google_name(name):
    """A name of transformers as Google has it, and whether the matrix is transposed."""
    if name.startswith("bert.embeddings.") and name.endswith("embeddings.weight"):
        return name.removesuffix(".weight").replace(".", "/"), False
    name = {"cls.predictions.bias": "cls.predictions.output_bias",
            "cls.seq_relationship.weight": "cls.seq_relationship.output_weights",
            "cls.seq_relationship.bias": "cls.seq_relationship.output_bias"}.get(name, name)
    name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
    name = name.replace("encoder.layer.", "encoder.layer_")
    transposed = name.endswith(".weight")
    return (name.removesuffix("weight") + "kernel" if transposed else name).replace(".", "/"), transposed


metadata, tensors = read_safetensors(os.path.join(folder, f"trajectory-{form}.safetensors"))
config, expected = json.loads(metadata["config"]), json.loads(metadata["expected"])
longest, predictions, size = expected["longest"], expected["predictions"], len(expected["batches"][0])
names = [name.removeprefix("final/") for name in tensors if name.startswith("final/")]


def padded(rows, width):
    return numpy.array([list(row) + [0] * (width - len(row)) for row in rows])


def feed(rows):
    batch = [expected["instances"][row] for row in rows]
    return {"ids": padded([i["ids"] for i in batch], longest),
            "mask": padded([[1] * len(i["ids"]) for i in batch], longest),
            "types": padded([i["segmentIds"] for i in batch], longest),
            "positions": padded([i["maskedPositions"] for i in batch], predictions),
            "masked_ids": padded([i["maskedIds"] for i in batch], predictions),
            "weights": padded([[1.0] * len(i["maskedIds"]) for i in batch], predictions),
            "labels": numpy.array([[int(i["isRandomNext"])] for i in batch])}


seen = []
construct = optimization.AdamWeightDecayOptimizer.__init__
optimization.AdamWeightDecayOptimizer.__init__ = (
    lambda self, learning_rate, **rest: (seen.append(learning_rate), construct(self, learning_rate, **rest))[1])

with tf.Graph().as_default(), tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=1)) as session:
    example = feed(expected["batches"][0])
    holders = {key: tf.placeholder(tf.float32 if key == "weights" else tf.int32, value.shape)
               for key, value in example.items()}
    bert_config = modeling.BertConfig(**{k: config[k] for k in (
        "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
        "max_position_embeddings", "type_vocab_size")}, hidden_act="gelu", hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0)
    model = modeling.BertModel(bert_config, True, holders["ids"], holders["mask"], holders["types"],
                               use_one_hot_embeddings=False)
    masked, _, _ = run_pretraining.get_masked_lm_output(
        bert_config, model.get_sequence_output(), model.get_embedding_table(), holders["positions"],
        holders["masked_ids"], holders["weights"])
    following, _, _ = run_pretraining.get_next_sentence_output(bert_config, model.get_pooled_output(), holders["labels"])
    loss = masked + following
    schedule = expected["schedule"]
    train = optimization.create_optimizer(loss, schedule["learningRate"], schedule["totalSteps"],
                                          schedule["warmupSteps"], False)
    session.run(tf.global_variables_initializer())
    variables = {v.op.name: v for v in tf.trainable_variables()}
    assert sorted(variables) == sorted(google_name(name)[0] for name in names), "names differ"
    for name in names:
        target, transposed = google_name(name)
        value = tensors[f"parameter/{name}"]
        variables[target].load(value.T if transposed else value, session)
    losses = []
    for rows in expected["batches"]:
        batch = {holders[key]: value for key, value in feed(rows).items()}
        # Nothing in the published graph orders the rate's reading of global_step before its increment.
        rate = session.run(seen[0])
        losses.append(float(session.run([loss, train], {seen[0]: rate, **batch})[0]))
    errors = {}
    for name in names:
        target, transposed = google_name(name)
        value = session.run(variables[target]).astype(numpy.float64)
        errors[name] = float(numpy.linalg.norm((value.T if transposed else value) - tensors[f"final/{name}"]))

curve = numpy.array(losses) - numpy.array(expected["losses"])
root_mean_square = float(numpy.sqrt((curve ** 2).mean()))
worst = max((errors[n] / max(expected["float32WeightErrors"][n]), n) for n in names if "key.bias" not in n)
print(form, "loss error", root_mean_square, "PyTorch", expected["float32LossErrors"], "worst weight ratio", worst)
with open(os.path.join(folder, f"google-{form}.json"), "w") as file:
    json.dump({"versions": {"tensorflow": tensorflow.__version__, "bert": COMMITS[form]}, "losses": losses,
               "lossError": root_mean_square, "weightErrors": errors}, file)
    file.write("\n")
