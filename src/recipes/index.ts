/** @file Whole jobs as library functions. */
export {
  type DemoExample,
  type DemoOptions,
  type DemoResult,
  type DemoScores,
  runDemo,
} from "./demo.js";
export { DEMO_SETTINGS, type DemoSettings } from "./demo-settings.js";
export type { StageRecord } from "./stage-clock.js";
