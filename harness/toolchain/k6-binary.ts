// Is this file a k6 that will do: does it run here, is it k6, is it new enough. It does not look for the file.

import { execa } from 'execa';
import { atLeast } from './version.ts';

/** What is built or fetched where none is found. */
export const k6Version = '2.2.0';
/** The scripts are TypeScript and use k6/websockets; the command line is that of version 2. */
export const k6Floor = '2.0';

export interface K6Binary {
  path: string;
  version: string;
  /** For people: where it was found. */
  from: string;
}

/** @throws {Error} that names the path, what is wrong with it and what would be right. */
export async function inspectK6(path: string, from: string): Promise<K6Binary> {
  const run = await execa(path, ['version'], { reject: false, timeout: 15_000, stdin: 'ignore', all: true });
  // A binary that somebody built from a checkout has no number, only "(devel)"; whoever names it knows why.
  const version = /^k6(?:\.exe)? v?(\d+(?:\.\d+)+|\(devel\))/m.exec(run.all ?? '')?.[1];
  if (version === undefined) {
    const said = (run.all ?? '').trim().split('\n')[0] || run.shortMessage || 'nothing';
    throw new Error(`${from}: ${path} is not a working k6: \`version\` said: ${said}`);
  }
  if (version !== '(devel)' && !atLeast(version, k6Floor)) {
    throw new Error(`${from}: ${path} is k6 ${version}; k6 ${k6Floor} or newer is needed`);
  }
  return { path, version, from };
}
