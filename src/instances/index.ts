export type { PretrainingInstance } from "./instance.js";
