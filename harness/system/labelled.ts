// Removes everything in a Docker engine that carries a run's label: containers, then networks and volumes. For the dead-man, so
// it imports only node: builtins and speaks the engine's HTTP itself.

import { request } from 'node:http';
import type { EngineAddress } from '../toolchain/docker.ts';

/** The label of everything that a run makes in an engine; its value is the dead-man's token. */
export const runLabel = 'redproof.run';

/** @returns what is left, a line each; `deadlineMs` is on the clock of `performance` */
export async function removeLabelled(
  engine: EngineAddress,
  token: string,
  deadlineMs: number,
): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${runLabel}=${token}`] }));
  const ask = (method: string, path: string) => call(engine, method, path, deadlineMs);
  const list = async (path: string): Promise<Listed[]> => {
    const { Volumes, ...rest } = await ask(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}filters=${filters}`,
    );
    return (Array.isArray(Volumes) ? Volumes : Object.values(rest)) as Listed[];
  };
  const removeAll = (path: string, names: string[], how = '') =>
    Promise.all(names.map((name) => ask('DELETE', `${path}/${name}${how}`).catch(() => undefined)));
  try {
    // Twice nobody: one that was being made when the harness died may show up late.
    for (let quietLooks = 0; quietLooks < 2; ) {
      const containers = await list('/containers/json?all=true');
      quietLooks = containers.length === 0 ? quietLooks + 1 : 0;
      await removeAll(
        '/containers',
        containers.map(({ Id }) => Id!),
        '?force=true&v=true',
      );
    }
    await removeAll(
      '/networks',
      (await list('/networks')).map(({ Id }) => Id!),
    );
    await removeAll(
      '/volumes',
      (await list('/volumes')).map(({ Name }) => Name!),
      '?force=true',
    );
    return [];
  } catch (error) {
    return [`containers with the label ${runLabel}=${token} may be left: ${(error as Error).message}`];
  }
}

interface Listed {
  Id?: string;
  Name?: string;
}

/** The parsed answer. @throws {Error} for a status of 400 and up, and when the time is over */
function call(
  engine: EngineAddress,
  method: string,
  path: string,
  deadlineMs: number,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const timeout = deadlineMs - performance.now();
    if (timeout <= 0) return reject(new Error('the Docker engine took too long'));
    const sent = request({ ...engine, method, path, headers: { host: 'docker' } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('end', () => {
        if (answer.statusCode! >= 400) reject(new Error(`${method} ${path}: ${text.trim()}`));
        else resolve(text === '' ? {} : JSON.parse(text));
      });
      answer.on('error', reject);
    });
    sent.setTimeout(timeout, () => sent.destroy(new Error('the Docker engine did not answer in time')));
    sent.on('error', reject);
    sent.end();
  });
}
