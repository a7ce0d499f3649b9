/** @file All topics, interleaved so that the first N are of every kind. */
import type { Topic } from "./topic.js";
import { ABDOMEN_AND_KIDNEY } from "./topics/abdomen-and-kidney.js";
import { CHEST_AND_INFECTION } from "./topics/chest-and-infection.js";
import { HEART_AND_VESSELS } from "./topics/heart-and-vessels.js";
import { NERVES_AND_BONES } from "./topics/nerves-and-bones.js";

const GROUPS = [HEART_AND_VESSELS, CHEST_AND_INFECTION, ABDOMEN_AND_KIDNEY, NERVES_AND_BONES];

export const TOPICS: readonly Topic[] = HEART_AND_VESSELS.flatMap((_, index) =>
  GROUPS.map((group) => group[index]!),
);
