// Debian packages without installing them: fetch by name, unpack into a directory, for root and for anyone else. The
// system's own package lists are read, never changed; fresh ones go to a private directory.

import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

export interface Apt {
  /** The version that would be fetched; `undefined`: no such package in the lists. */
  candidate(name: string): Promise<string | undefined>;
  /** The package and all that it needs, by name. */
  closure(names: string[]): Promise<string[]>;
  /** Downloads (checked against the lists' signatures) and unpacks. */
  unpack(names: string[], into: string): Promise<void>;
  /**
   * Fetches fresh lists into the private directory, which is used from then on. Resolves with apt's first complaint:
   * one source of several that cannot be reached is no failure.
   */
  update(): Promise<string | undefined>;
}

const commandTimeoutMs = 180_000;

/** `undefined` where these tools do not exist. */
export function openApt(dir: string, path: string): Apt | undefined {
  const tools = ['apt-get', 'apt-cache', 'dpkg-deb'];
  if (!tools.every((tool) => path.split(':').some((place) => isExecutable(join(place, tool)))))
    return undefined;
  const lists = join(dir, 'lists');
  const cache = join(dir, 'cache');
  for (const needed of [join(lists, 'partial'), join(cache, 'archives', 'partial')]) {
    mkdirSync(needed, { recursive: true });
  }
  const cacheOptions = ['-o', `Dir::Cache=${cache}`, '-o', `Dir::Cache::archives=${join(cache, 'archives')}`];
  // Root's apt would fetch as the user _apt, who may not write here.
  const user = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : [];
  const privateLists = ['-o', `Dir::State::lists=${lists}`];
  // Lists that an earlier run fetched are at least as good as the system's.
  let options = [...cacheOptions, ...user, ...(hasLists(lists) ? privateLists : [])];
  const run = async (command: string, args: string[], cwd = dir) => {
    const env = { PATH: path, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
    const how = { cwd, env, timeout: commandTimeoutMs, stdin: 'ignore', reject: false } as const;
    const { failed, stdout, stderr, shortMessage } = await execa(command, args, how);
    const complaints = (stderr ?? '').split('\n').filter((line) => /^[EW]: /.test(line));
    if (failed) throw new Error(`${command} failed: ${complaints.at(-1) ?? shortMessage}`);
    return { stdout: stdout ?? '', complaint: complaints[0] };
  };
  return {
    candidate: async (name) => {
      const { stdout } = await run('apt-cache', [...options, 'policy', name]);
      const version = /Candidate: (\S+)/.exec(stdout)?.[1];
      return version === '(none)' ? undefined : version;
    },
    closure: async (names) => {
      const optional = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
      const args = ['depends', '--recurse', ...optional.map((kind) => `--no-${kind}`), ...names];
      const lines = (await run('apt-cache', [...options, ...args])).stdout.split('\n');
      // Names stand alone at the start of a line; `<…>` is a virtual package; `name:arch` is another architecture.
      return [...new Set(lines.filter((line) => /^[a-z0-9][a-z0-9+.-]*$/.test(line)))];
    },
    unpack: async (names, into) => {
      const downloads = mkdtempSync(join(dir, 'downloads-'));
      await run('apt-get', [...options, '--quiet', 'download', ...names], downloads);
      for (const file of readdirSync(downloads)) await run('dpkg-deb', ['-x', join(downloads, file), into]);
    },
    update: async () => {
      options = [...cacheOptions, ...user, ...privateLists];
      const less = [
        '-o',
        'Acquire::Languages=none',
        '-o',
        'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
      ];
      return (await run('apt-get', [...options, ...less, '--quiet', 'update'])).complaint;
    },
  };
}

function hasLists(dir: string): boolean {
  return readdirSync(dir).some((file) => file.includes('_Packages'));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
