/** @file What may be put around a spaCy pipeline. Apart from the splitter, so that a command can name it without loading spaCy's reader. */

/** `plain`: what `doc.sents` gives. `alsentzer2019`: the published script, its blank lines included. */
export const SPACY_SENTENCE_RULES = ["plain", "alsentzer2019"] as const;
export type SpacySentenceRules = (typeof SPACY_SENTENCE_RULES)[number];
