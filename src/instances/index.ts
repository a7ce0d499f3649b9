export { createInstances } from "./create-instances.js";
export type { PretrainingInstance } from "./instance.js";
export { formatInstance } from "./instance-json.js";
export type { InstanceFormat, InstanceReader, InstanceSink, InstanceWidths } from "./instance-sink.js";
export { createNativeFile } from "./native-file.js";
export { type OpenInstancesOptions, openInstances } from "./open-instances.js";
export { DEFAULT_INSTANCE_SETTINGS, type InstanceMode, type InstanceSettings } from "./settings.js";
export { createTfRecordFile } from "./tfrecord.js";
export {
  type WriteInstancesOptions,
  type WriteInstancesResult,
  writeInstances,
} from "./write-instances.js";
