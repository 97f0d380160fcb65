// Finds the claims: every file in a section's folder under harness/claims/ is one. Adding a claim is adding a file.

import { readdirSync } from 'node:fs';
import type { Claim } from '../claim.ts';

/** The order of the course. Within a folder, claims are in the order of their ids, but for those that are listed. */
const sections = ['balance', 'scaling', 'fault', 'async', 'queue', 'pubsub', 'persistence', 'peer'];
const order = [
  'fault/worker-kill-list',
  'fault/worker-kill-reliable-list',
  'fault/worker-kill-stream',
  'fault/worker-kill-bullmq',
  'persistence/off-loses-everything',
  'persistence/rdb-shutdown-keeps-all',
  'persistence/rdb-crash-loses-since-snapshot',
  'persistence/rdb-crash-during-save',
  'persistence/aof-no-loses-what-the-kernel-held',
  'persistence/aof-no-is-written-back',
  'persistence/aof-everysec-loses-a-second',
  'persistence/aof-everysec-holds-back',
  'persistence/aof-always-survives-power-cut',
  'persistence/aof-torn-tail',
  'persistence/aof-rewrite-crash',
  'persistence/disk-full-refuses',
  'persistence/aof-wins-over-rdb',
  'persistence/queue-through-power-cut',
];

/** @throws {TypeError} if a file's default export is no claim, or its id does not match its path */
export async function loadClaims(): Promise<Claim[]> {
  const here = new URL('.', import.meta.url);
  const folders = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const files = folders
    .flatMap(({ name }) => readdirSync(new URL(`${name}/`, here)).map((file) => `${name}/${file}`))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort(bySection);
  return Promise.all(
    files.map(async (file) => {
      const { default: claim } = (await import(new URL(file, here).href)) as { default?: Claim };
      if (claim?.id !== file.replace(/\.ts$/, '')) {
        throw new TypeError(
          `harness/claims/${file}: its claim's id is ${claim?.id}; it must be the file's path`,
        );
      }
      return claim;
    }),
  );
}

function bySection(a: string, b: string): number {
  const rank = (list: readonly string[], name: string) =>
    list.includes(name) ? list.indexOf(name) : list.length;
  const folder = (file: string) => rank(sections, file.split('/')[0]!);
  const listed = (file: string) => rank(order, file.replace(/\.ts$/, ''));
  return folder(a) - folder(b) || listed(a) - listed(b) || (a < b ? -1 : 1);
}

/**
 * The claims that match any of the globs (`*` is any text); without a glob all of them. Long ones only with `all`, or if a
 * glob is their id.
 * @throws {RangeError} naming a glob that matches nothing
 */
export function selectClaims(claims: readonly Claim[], globs: readonly string[], all = false): Claim[] {
  const mayRun = ({ long, id }: Claim) => all || long !== true || globs.includes(id);
  if (globs.length === 0) return claims.filter(mayRun);
  const matches = (glob: string, id: string) => globToRegExp(glob).test(id);
  for (const glob of globs) {
    if (!claims.some(({ id }) => matches(glob, id))) {
      throw new RangeError(
        `--claim ${JSON.stringify(glob)} matches no claim; \`npm run chaos -- --list\` shows their ids`,
      );
    }
  }
  return claims.filter((claim) => globs.some((glob) => matches(glob, claim.id)) && mayRun(claim));
}

function globToRegExp(glob: string): RegExp {
  const pattern = glob.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${pattern}$`);
}
