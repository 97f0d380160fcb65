// What Node is told to run as a service, and with which settings of Node's own: the bundle that users start, too.

import { join } from 'node:path';
import { isFile } from '../../services/shared/queue/load.ts';
import { bundleServices, cacheDir } from '../toolchain/services-bundle.ts';

export type Service = 'api' | 'worker' | 'subscriber';

export interface ServicePrograms {
  /** Of Node; to be run in the project's root. */
  args(service: Service): string[];
  env: Record<string, string>;
}

/** Made once for all systems of this process. */
let bundle: Promise<string> | undefined;

/**
 * A user's own adapter imports the sources, so the services do too then: with a bundle beside them there would be two of
 * each module.
 */
export async function servicePrograms(queue: string, projectRoot: string): Promise<ServicePrograms> {
  if (isFile(queue)) {
    const tracing = './services/shared/telemetry/instrumentation.ts';
    return programs(projectRoot, tracing, (service) => `./services/${service}/main.ts`);
  }
  bundle ??= bundleServices(projectRoot);
  return programsIn(await bundle, projectRoot);
}

/** @param dir of a bundle */
export function programsIn(dir: string, projectRoot: string): ServicePrograms {
  return programs(projectRoot, join(dir, 'instrumentation.mjs'), (service) => join(dir, `${service}.mjs`));
}

function programs(projectRoot: string, tracing: string, main: (service: Service) => string): ServicePrograms {
  return {
    args: (service) => ['--import', tracing, main(service)],
    env: { NODE_COMPILE_CACHE: cacheDir(projectRoot) },
  };
}
