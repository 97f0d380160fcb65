// The services as a run starts them: bundled from their sources, each in a few files instead of hundreds. A run starts
// some two hundred processes, and loading modules was three quarters of the CPU time that a start took.
//
// Kept under node_modules/.cache by what is in it, so that Node's compile cache, which goes by the path, serves the next
// run too. Those that nobody has started from for a week are removed.

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';

/** From the project's root: what is started, by the name that it has in the bundle. */
const entries = {
  api: 'services/api/main.ts',
  worker: 'services/worker/main.ts',
  subscriber: 'services/subscriber/main.ts',
  'sandbox-thread': 'services/worker/sandbox-thread.ts',
  instrumentation: 'services/shared/telemetry/instrumentation.ts',
};

const keptMs = 7 * 24 * 3_600_000;

/** Also of Node's compile cache. */
export const cacheDir = (projectRoot: string) => join(projectRoot, 'node_modules/.cache/redproof');

/**
 * @param instead files that take the place of packages, by the packages' names
 * @returns the directory with `api.mjs`, `worker.mjs`, `subscriber.mjs` and `instrumentation.mjs`
 */
export async function bundleServices(
  projectRoot: string,
  instead: Record<string, string> = {},
): Promise<string> {
  const chunks = await bundle(projectRoot, instead);
  const cache = cacheDir(projectRoot);
  removeOld(cache);
  return keep(new Map(chunks.map(({ fileName, code }) => [fileName, code])), cache);
}

async function bundle(cwd: string, alias: Record<string, string>): Promise<OutputChunk[]> {
  const build = await rolldown({
    cwd,
    input: entries,
    plugins: [inPlace(entries, cwd)],
    resolve: { alias },
    platform: 'node',
    logLevel: 'silent',
  });
  try {
    const { output } = await build.generate({
      format: 'esm',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
    });
    return output.filter((file) => file.type === 'chunk');
  } finally {
    await build.close();
  }
}

/** Modules go on finding the files beside them: each keeps its own address, but for those that are in the bundle. */
function inPlace(bundled: Record<string, string>, root: string): Plugin {
  const names = new Map(Object.entries(bundled).map(([name, path]) => [join(root, path), name]));
  return {
    name: 'in-place',
    transform(code, id) {
      if (!/import\.meta\.url|__dirname|__filename/.test(code)) return null;
      const moved = code
        .replaceAll(/new URL\('(\.[^']*)', import\.meta\.url\)/g, (whole, path: string) => {
          const name = names.get(join(dirname(id), path));
          return name === undefined ? whole : `new URL('./${name}.mjs', import.meta['url'])`;
        })
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href));
      const own = (name: string, value: string) =>
        new RegExp(`\\b${name}\\b`).test(moved) ? `var ${name} = ${JSON.stringify(value)};` : '';
      return { code: `${own('__filename', id)}${own('__dirname', dirname(id))}${moved}` };
    },
  };
}

/** Others may write the same at the same time, or run from it. */
function keep(files: Map<string, string>, cache: string): string {
  const hash = createHash('sha256');
  for (const [name, code] of files) hash.update(`${name}\0${code}\0`);
  const dir = join(cache, `services-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(dir)) {
    utimesSync(dir, new Date(), new Date());
    return dir;
  }
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, 'draft-'));
  for (const [name, code] of files) writeFileSync(join(draft, name), code);
  try {
    renameSync(draft, dir);
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (!existsSync(dir)) throw error;
  }
  return dir;
}

/** Drafts too, of runs that were killed while they wrote. */
function removeOld(cache: string): void {
  if (!existsSync(cache)) return;
  for (const name of readdirSync(cache).filter((entry) => /^(services|draft)-/.test(entry))) {
    const dir = join(cache, name);
    const usedMs = statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - usedMs > keptMs) rmSync(dir, { recursive: true, force: true });
  }
}
