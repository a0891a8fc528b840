// Prints each state of the network namespace that it runs in, a line each.
import { RouteMonitor } from '../../src/capture/links.js';

new RouteMonitor({ onState: (state) => process.stdout.write(`${JSON.stringify(state)}\n`) });
