export type { Encoding } from "./encoding.js";
