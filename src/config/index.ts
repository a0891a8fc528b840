// The door of the configuration: what daemon and commands need of it.
export { parseCommandLine, type Surroundings } from './command-line.js';
export type * from './command-line-types.js';
export { type ListenerConfig, listenerName, listenersOf } from './listeners.js';
export {
  defaultConfigFile,
  type LoadedConfig,
  type LoadOptions,
  loadConfig,
  type Verdict,
} from './load.js';
export { type Difference, type Plan, plan, planText, type Step } from './plan.js';
export { ConfigError, type Origin, originText, type Problem, problemText } from './problems.js';
export type { Config, InterfaceConfig } from './schema/index.js';
