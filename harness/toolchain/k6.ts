// Finds k6 or provides it: $K6, PATH, .tools/bin/k6 from an earlier run, built with Go, out of its Docker image; else an error
// that says how to get it. It runs no load.

import { existsSync } from 'node:fs';
import { inspectK6, type K6Binary, k6Floor, k6Version } from './k6-binary.ts';
import { type BuildOptions, buildK6, builtK6, goFloor } from './k6-build.ts';
import { takeFromImage } from './k6-image.ts';
import { namedProgram, searchPath } from './path.ts';
import { firstOf } from './ways.ts';

export type { K6Binary } from './k6-binary.ts';

/** @throws {Error} that says what was tried and how to get one; the signal's reason when it fires */
export async function provideK6(options: BuildOptions): Promise<K6Binary> {
  const { root, env, say, signal } = options;
  const path = env.PATH ?? '';
  // Whoever names a k6 wants that one: no looking further.
  if (env.K6) return inspectK6(namedProgram('K6', env.K6, `the path of a k6 ${k6Floor} or newer`), 'K6');

  const onPath = async () => {
    const found = searchPath('k6', path);
    return found === undefined ? undefined : inspectK6(found, `PATH (${found})`);
  };
  const fromEarlier = async () =>
    existsSync(builtK6(root)) ? inspectK6(builtK6(root), '.tools/bin/k6') : undefined;
  const { found, tried } = await firstOf<K6Binary>(
    [
      { find: onPath, missing: 'no k6 on PATH' },
      { find: fromEarlier, missing: 'none in .tools/bin' },
      { find: () => buildK6(options), missing: 'no Go on PATH to build it with' },
      {
        find: () => takeFromImage(root, path, say, signal),
        missing: 'no Docker on PATH to take it from',
      },
    ],
    say,
    signal,
  );
  if (found !== undefined) return found;
  throw new Error(
    [
      `no k6 ${k6Floor} or newer was found or could be provided:`,
      ...tried.map((line) => `  - ${line}`),
      `install k6 (https://grafana.com/docs/k6/latest/set-up/install-k6), or Go ${goFloor} or newer, with which k6 ${k6Version} is then built here,`,
      'or set K6 to the path of a k6',
    ].join('\n'),
  );
}
