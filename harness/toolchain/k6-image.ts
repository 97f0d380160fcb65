// Takes k6 out of its Docker image into .tools/bin. No container is ever started: the program in it is static, so it runs here
// as it is, and is watched, signalled and ended like any other process of a run.

import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { inspectK6, type K6Binary, k6Version } from './k6-binary.ts';
import { builtK6 } from './k6-build.ts';
import { searchPath } from './path.ts';

export const k6Image = `grafana/k6:${k6Version}`;

const infoTimeoutMs = 10_000;
const pullTimeoutMs = 5 * 60_000;

/** `undefined` where there is no Docker. @throws {Error} that says what did not work */
export async function takeFromImage(
  root: string,
  path: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<K6Binary | undefined> {
  const docker = searchPath('docker', path);
  if (docker === undefined) return undefined;
  const run = async (args: string[], timeout = infoTimeoutMs): Promise<string> => {
    const { failed, stdout, stderr, shortMessage } = await execa(docker, args, {
      reject: false,
      timeout,
      stdin: 'ignore',
      cancelSignal: signal,
    });
    signal.throwIfAborted();
    if (failed) throw new Error(`docker ${args[0]}: ${stderr?.trim().split('\n').at(-1) || shortMessage}`);
    return stdout ?? '';
  };
  await run(['version', '--format', '{{.Server.Version}}']);
  say(`no k6 here: taking it out of the Docker image ${k6Image} into .tools/bin`);
  const tools = join(root, '.tools');
  mkdirSync(join(tools, 'bin'), { recursive: true });
  const making = mkdtempSync(join(tools, 'k6-image-'));
  const from = `.tools/bin/k6, out of the image ${k6Image}`;
  let container: string | undefined;
  try {
    container = (await run(['create', '--pull', 'missing', k6Image], pullTimeoutMs))
      .trim()
      .split('\n')
      .at(-1)!;
    await run(['cp', `${container}:/usr/bin/k6`, join(making, 'k6')], pullTimeoutMs);
    await inspectK6(join(making, 'k6'), from);
    renameSync(join(making, 'k6'), builtK6(root));
  } finally {
    rmSync(making, { recursive: true, force: true });
    if (container !== undefined) await run(['rm', container]).catch(() => {});
  }
  return inspectK6(builtK6(root), from);
}
