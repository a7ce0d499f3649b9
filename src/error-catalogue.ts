/** @file The catalogue of stable error codes; `docs/errors.md` repeats it line for line. */

interface ErrorEntry {
  readonly meaning: string;
  readonly remedy: string;
}

/**
 * Every code that a `ClinicalBertError` can have. A code never changes its meaning; programs may switch on it.
 * One region per folder, so that a new code has its place.
 */
export const ERROR_CATALOGUE = {
  // general
  USAGE: {
    meaning: "The command line names an unknown flag, command or value.",
    remedy: "Read the command's --help.",
  },
  INTERNAL: {
    meaning: "A bug in clinicalbert itself, not in its input.",
    remedy: "Report it with the version and the command, without any note.",
  },
  ABORTED: {
    meaning: "The work was stopped by a signal or by its caller.",
    remedy: "Start the same command again: finished parts are kept.",
  },
  // util
  FILE_NOT_FOUND: {
    meaning: "A named file or folder does not exist.",
    remedy: "Check the path.",
  },
  FILE_ACCESS: {
    meaning: "A file or folder cannot be read or written with the permissions of this process.",
    remedy: "Change the permissions, or choose another folder.",
  },
  DISK_FULL: {
    meaning: "The disk is full, or a quota is reached; nothing was written under the final name.",
    remedy: "Free space, or write to another disk, then start again.",
  },
  WORKER_FAILED: {
    meaning: "A worker thread ended before it finished its work.",
    remedy: "Start again; if it happens twice, use fewer threads (memory) or report it.",
  },
  FILE_TRUNCATED: {
    meaning: "A file ends before the bytes that its own header announces.",
    remedy: "Copy or download the file again; its size tells whether it is whole.",
  },
  // notes
  NOTES_FORMAT: {
    meaning: "A source of notes is of no known format.",
    remedy: "Rename it, or name its format.",
  },
  NOTES_COLUMNS: {
    meaning: "A table of notes lacks a column that is needed.",
    remedy: "Name the columns, for example --columns text=NOTE,id=KEY.",
  },
  NOTES_MALFORMED: {
    meaning: "A row of a source cannot be read as a note, and reading was to be strict.",
    remedy: "Repair the row, or read without --strict to leave malformed rows out and count them.",
  },
  NOTES_DAMAGED: {
    meaning: "A file of notes is cut off or damaged as a whole.",
    remedy: "Copy or download the file again and compare its checksum.",
  },
  NOTES_DATABASE: {
    meaning: "A database refused a connection or a query.",
    remedy:
      "Look the code up in PostgreSQL's list of error codes, and check address, table, columns and condition.",
  },
  // sections
  SECTIONS_REFUSED: {
    meaning: "A rule set refuses a note: the published script raises an exception there.",
    remedy: "Use the rule set corrected, which splits every note.",
  },
  SECTION_CATEGORIES: {
    meaning: "A file of section categories does not have the documented form.",
    remedy: "Correct the named place; docs/formats-notes.md describes the file.",
  },
  // spacy
  SPACY_NOT_A_PIPELINE: {
    meaning: "A path is not a saved spaCy pipeline: neither its folder nor an archive (.tar.gz, .whl) of it.",
    remedy: "Name the folder that holds meta.json and tokenizer, or the archive as it was published.",
  },
  SPACY_MISSING_FILE: {
    meaning: "A file that the pipeline's configuration asks for is not there.",
    remedy: "Download the pipeline again.",
  },
  SPACY_CORRUPT: {
    meaning: "A file of a spaCy pipeline is cut short or holds something else than its format says.",
    remedy: "Download the pipeline again.",
  },
  SPACY_UNSUPPORTED: {
    meaning: "A spaCy pipeline has a version, language, component or architecture that is not implemented.",
    remedy: "Use a pipeline of spaCy 3.x (or 2.0) with the architectures that docs/spacy.md lists.",
  },
  SPACY_TEXT_TOO_LONG: {
    meaning: "A text is longer than spaCy's limit, where the published script loses the note.",
    remedy: "Split the note into sections first, or use the pipeline without the rules alsentzer2019.",
  },
  SPACY_REGEX: {
    meaning: "A regular expression of a tokenizer file cannot be said in JavaScript.",
    remedy: "Report the pipeline's name and version.",
  },
  // sentences
  // corpus
  CORPUS_EMPTY_NOTE: {
    meaning: "A note has no sentence.",
    remedy: "Nothing is to be done; the note is named so that counts agree.",
  },
  CORPUS_CHANGED: {
    meaning: "A stopped format run cannot go on, because its notes have changed since.",
    remedy: "Choose another output folder, or remove this one with clinicalbert purge, and start again.",
  },
  CORPUS_CATEGORIES: {
    meaning: "The notes have too many categories for one file each.",
    remedy: "Write one file with --one-file, or name another column: --columns category=NAME.",
  },
  // tokens
  VOCABULARY_INVALID: {
    meaning: "A vocabulary has an empty or repeated line, a wrong encoding, or lacks a token that is needed.",
    remedy: "Use the vocab.txt that was published with the model, as UTF-8 and one token a line.",
  },
  VOCABULARY_WORDS: {
    meaning: "A corpus has more different words than the training of a vocabulary may hold in memory.",
    remedy:
      "Train on a sample (every tenth file says nearly the same), or raise --max-words and Node's heap: NODE_OPTIONS=--max-old-space-size=MEGABYTES.",
  },
  TOKENIZER_FILE_INVALID: {
    meaning: "A tokenizer.json or its companion describes something else than a BERT WordPiece tokenizer.",
    remedy: "Use the files of a BERT model, or vocab.txt alone.",
  },
  TRUNCATION_IMPOSSIBLE: {
    meaning: "The truncation asked for cannot reach the length asked for.",
    remedy: "Raise maxLength, lower stride, or use the strategy longest_first.",
  },
  // instances
  CORPUS_INVALID: {
    meaning: "A corpus file is not UTF-8 text of one sentence a line, or holds no sentence.",
    remedy: "Make the corpus with clinicalbert format: one sentence a line, a blank line between documents.",
  },
  INSTANCE_SETTINGS_INVALID: {
    meaning: "A setting of the pretraining instances is outside its range.",
    remedy: "Change the flag that the message names.",
  },
  INSTANCE_FILE_INVALID: {
    meaning:
      "A file of instances is damaged, cut off, or of another kind; the message says which record and which byte.",
    remedy: "Copy or create the file again.",
  },
  INSTANCE_WIDTH: {
    meaning: "The records of a file are wider or narrower than the reader was told.",
    remedy: "Give the flag the width that the file has, or create the file again.",
  },
  // graph
  GRAPH_SHAPE: {
    meaning: "A graph was built from values whose shapes or types do not fit together.",
    remedy: "Check the model configuration; if it is a published one, report this.",
  },
  // onnx
  // bert
  BERT_CONFIG: {
    meaning: "A model configuration lacks a value, or has one that no BERT of this package can have.",
    remedy: "Correct the configuration file, or take the one published with the model.",
  },
  // runtime
  RUNTIME_DEVICE: {
    meaning: "The device that was asked for is not on this machine, or not in this build of onnxruntime.",
    remedy: "Choose --device cpu, or install what the device needs (docs/devices.md).",
  },
  RUNTIME_FEED: {
    meaning: "A tensor fed to a graph is missing, or has another type or shape than the graph needs.",
    remedy: "Feed every input with the shape that the message names.",
  },
  RUNTIME_FAILED: {
    meaning: "onnxruntime refused to compile or to run a graph.",
    remedy: "If memory ran out, use a smaller batch; else report it with the message.",
  },
  // checkpoint
  CHECKPOINT_DAMAGED: {
    meaning: "The bytes of a weights file contradict its format or its checksums.",
    remedy: "Copy or download the file again, and compare its SHA-256 with the publisher's.",
  },
  CHECKPOINT_FORMAT: {
    meaning: "A file or folder is none of the formats of weights that are read here.",
    remedy:
      "Give a Hugging Face folder, .safetensors, .bin/.pt, .msgpack, a TensorFlow .index or a .tar.gz of one.",
  },
  CHECKPOINT_UNSUPPORTED: {
    meaning: "A weights file is sound, but uses a part of its format that is not read here.",
    remedy: "Save it again as safetensors with the program that wrote it.",
  },
  CHECKPOINT_UNSAFE: {
    meaning: "A pickle asks for something other than tensors; nothing of it was executed.",
    remedy: "Do not load this file with Python either unless you trust who made it.",
  },
  ARCHIVE_UNSAFE: {
    meaning:
      "An archive has entries that would be written outside its folder, or unpacks to far more than its size.",
    remedy: "Unpack it by hand in an empty folder if you trust it, and give that folder.",
  },
  HEAD_MISSING: {
    meaning:
      "A model was asked for with a head that its weights do not have; no head is ever filled with random numbers.",
    remedy: "Take a checkpoint that has the head, or fine-tune one.",
  },
  MODEL_INCOMPLETE: {
    meaning:
      "The weights of a model lack parameters that its configuration asks for, or have them in other shapes.",
    remedy: "Check with `clinicalbert inspect` that configuration and weights belong together.",
  },
  HUB_OFFLINE: {
    meaning: "A model is not in the cache, and HF_HUB_OFFLINE forbids to fetch it.",
    remedy: "Fetch it on a machine with access and copy the cache, or give the path of a folder.",
  },
  HUB_NOT_FOUND: {
    meaning: "The hub has no such model, revision or file, or hides it from this token.",
    remedy: "Check id and revision; a private or gated model needs a token (HF_TOKEN).",
  },
  HUB_UNAVAILABLE: {
    meaning: "The hub cannot be reached, or answers with errors after several tries.",
    remedy: "Try again later: what was fetched is kept; HF_ENDPOINT names another server.",
  },
  HUB_CHECKSUM: {
    meaning: "A fetched file does not match the checksum that the hub announces; it was removed.",
    remedy: "Try again; if it stays, a proxy on the way changes files.",
  },
  MODEL_FETCH: {
    meaning: "A file of a model could not be fetched from its address.",
    remedy: "Check the address and the connection; a server may also want a key.",
  },
  TENSOR_UNKNOWN: {
    meaning: "A tensor was asked for by a name that its file does not have.",
    remedy: "List the names with `clinicalbert inspect FILE`.",
  },
  // training
  TRAINING_RECIPE: {
    meaning: "A value of a training recipe is not one that a run can have.",
    remedy: "Give a value in the range that the message names.",
  },
  TRAINING_RESUME: {
    meaning:
      "A run folder cannot be continued: its recipe, data or checkpoints are not those of this command.",
    remedy: "Give the same recipe and data as before, or another --out folder.",
  },
  TRAINING_INSTANCE: {
    meaning: "A pretraining instance does not fit the model or the batch shape.",
    remedy: "Make the instances with the vocabulary and lengths of this run.",
  },
  TRAINING_MEMORY: {
    meaning: "A training does not fit the memory that it was given.",
    remedy: "Give --memory a larger budget, shorten the instances (--max-length), or take a smaller model.",
  },
  TRAINING_DIVERGED: {
    meaning: "The loss or the gradient norm is not a finite number.",
    remedy: "Lower the learning rate or lengthen the warm-up, and go on from the last checkpoint.",
  },
  // pipelines
  EXPORT_REFUSED: {
    meaning: "A quantized variant would change the model more than is allowed.",
    remedy: "Leave it out (--onnx fp32), or write it all the same with --force.",
  },
  PIPELINE_OPTION: {
    meaning: "An option of a pipeline or of from_pretrained has a value that is not one of its values.",
    remedy: "Choose one of the listed values.",
  },
  PIPELINE_INPUT: {
    meaning: "A pipeline or model was given inputs that it cannot work on.",
    remedy: "See the documentation of the pipeline for the inputs it takes.",
  },
  // tasks
  FINETUNE_DATA: {
    meaning: "The examples given cannot train or test a model of this task.",
    remedy: "Give examples of the task's kind: at least two classes, and a train part that is not empty.",
  },
  FINETUNE_LABEL: {
    meaning:
      "Examples to test on have a class that the training examples never show, so no model can find it.",
    remedy: "Correct the label, or count these as misses with --allow-unseen-labels.",
  },
  FINETUNE_MODEL: {
    meaning: "A model cannot be fine-tuned, because its vocabulary is missing or is not its own.",
    remedy:
      "Give a folder that holds config.json, weights and the vocab.txt that the model was trained with.",
  },
  EXAMPLES_FORMAT: {
    meaning: "A file or folder of annotations is of no known format, or holds no file of the named one.",
    remedy: "Name the format, and give the file or folder that holds its annotations.",
  },
  EXAMPLES_MALFORMED: {
    meaning: "A file of annotations breaks the rules of its format.",
    remedy: "Repair the named line; docs/annotations.md describes what each format must have.",
  },
  SCORE_MISMATCH: {
    meaning: "Gold and prediction are not about the same texts, sentences or items.",
    remedy: "Give the prediction for the very file that is scored.",
  },
  SCORE_MALFORMED: {
    meaning: "A tag or label is none that the metric or its scheme knows.",
    remedy: "Choose the scheme that the tags are written in, or repair them.",
  },
  SCORE_EMPTY: {
    meaning: "There is nothing to score: the published script divides by zero here.",
    remedy: "Check that both files hold what the metric compares.",
  },
  DEID_MODEL: {
    meaning: "A model has no classes of protected health information, so that it cannot de-identify.",
    remedy:
      "Fine-tune one on de-identification data (finetune ner), whose labels are those of i2b2 2006 or 2014.",
  },
  DEID_FAILED: {
    meaning: "A part of a note could not be read by the model; nothing of the note was given out.",
    remedy: "Try the note alone; report it, without the note, if it fails again.",
  },
  // recipes
  STAGE_FOLDER: {
    meaning:
      "The folder for a job of several stages holds something else, or a job of other notes or values.",
    remedy: "Give a new folder with --out, or remove this one with clinicalbert purge.",
  },
  RUN_FOLDER: {
    meaning: "A folder is no run, demonstration or corpus of this package.",
    remedy: "Name the folder that was given as --out.",
  },
  NOTES_TOO_FEW: {
    meaning: "The notes are too few, or too short, to train on and to judge by.",
    remedy: "Give more notes (some hundred, of several patients); demo without notes takes synthetic ones.",
  },
  // server
  SERVER_REQUEST: {
    meaning: "A request to the server is not one that its route takes.",
    remedy: "See /reference or /openapi.json for what the route takes.",
  },
  SERVER_EMPTY: {
    meaning: "A request has no inputs.",
    remedy: "Send at least one input.",
  },
  SERVER_MEDIA_TYPE: {
    meaning: "The body of a request is of another type than JSON.",
    remedy: "Send the header content-type: application/json.",
  },
  SERVER_TOO_LARGE: {
    meaning: "A request has more bytes, inputs or tokens than the server takes at once.",
    remedy: "Send it in parts, or start the server with higher limits (docs/serving.md).",
  },
  SERVER_INPUT_TOO_LONG: {
    meaning: "An input has more tokens than the model has positions, and truncation was not asked for.",
    remedy: "Send truncate: true, or split the input into sentences.",
  },
  SERVER_NO_MODEL: {
    meaning: "A request names a model that the server does not have.",
    remedy: "Name one of the models that GET /models lists, or none.",
  },
  SERVER_NO_TASK: {
    meaning: "No model of the server, or not the named one, has the head that a route needs.",
    remedy: "Serve a model with that head; GET /models lists what each can do.",
  },
  SERVER_OVERLOADED: {
    meaning: "The server has as much work as it takes; the request was refused, not queued.",
    remedy: "Try again after the seconds of the header Retry-After.",
  },
  SERVER_RATE_LIMIT: {
    meaning: "A key has sent more requests than it may, in a minute or at once.",
    remedy: "Try again after the seconds of the header Retry-After.",
  },
  SERVER_TIMEOUT: {
    meaning: "A request was not done within the server's time limit.",
    remedy: "Send less at once, or raise --timeout.",
  },
  SERVER_STOPPING: {
    meaning: "The server is stopping: it finishes what it has accepted and refuses the rest.",
    remedy: "Send the request to another server, or again in a moment.",
  },
  SERVER_UNAUTHORIZED: {
    meaning: "A request has no API key, or none that the server knows.",
    remedy: "Send the header Authorization: Bearer KEY.",
  },
  SERVER_FORBIDDEN: {
    meaning: "A request comes under a host name, or from a web page, that the server does not serve.",
    remedy: "Start the server with --allow-host or --allow-origin if you trust it.",
  },
  SERVER_METHOD: {
    meaning: "A route was asked for by a method that it does not have.",
    remedy: "See the header Allow, or /reference.",
  },
  SERVER_NOT_FOUND: {
    meaning: "The server has no such route, file or run.",
    remedy: "See /reference for its routes.",
  },
  SERVER_EXPOSED: {
    meaning: "The server was to listen on an address that others reach, without an API key.",
    remedy: "Give --api-key-file or CLINICALBERT_API_KEY; or --insecure if the network itself is closed.",
  },
  SERVER_ADDRESS: {
    meaning: "The server cannot listen on its address.",
    remedy: "Choose another --port or --host; --port 0 takes a free one.",
  },
  SERVER_KEYS: {
    meaning: "A file of API keys cannot be used.",
    remedy:
      "One line a key, NAME:KEY, of at least 16 characters; clinicalbert serve --help shows how to make one.",
  },
} as const satisfies Record<string, ErrorEntry>;
