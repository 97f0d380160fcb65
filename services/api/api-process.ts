// For tests: the real API as a process of its own, and requests to it. Gone when the test file ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { monotonicMs } from '../shared/clock.ts';
import { type ProblemDocument, problemContentType } from './problem.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

// At import, so that it belongs to the test file even when a test starts the process.
const spawned: { child: ChildProcess; ended: Promise<unknown> }[] = [];
afterAll(async () => {
  for (const { child } of spawned) child.kill('SIGKILL');
  await Promise.all(spawned.map(({ ended }) => ended));
});

export interface ApiProcess {
  url: string;
  port: number;
  pid: number;
  child: ChildProcess;
  /** All that it printed so far. */
  output(): string;
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

/** Resolves when it listens. */
export async function startApi(env: Record<string, string>): Promise<ApiProcess> {
  const { child, ended, output } = spawnApi(env);
  const ready = await until('the line "ready"', 10_000, () => {
    if (child.exitCode !== null) throw new Error(`the API exited with ${child.exitCode}: ${output()}`);
    return output()
      .split('\n')
      .find((line) => line.includes('"msg":"ready"'));
  });
  const { port } = JSON.parse(ready) as { port: number };
  return { url: `http://127.0.0.1:${port}`, port, pid: child.pid!, child, ended, output };
}

/** Resolves when it listens and Redis answers it. */
export async function startReadyApi(env: Record<string, string>): Promise<ApiProcess> {
  const api = await startApi(env);
  await until('/readyz to say yes', 10_000, async () => (await fetch(`${api.url}/readyz`)).ok);
  return api;
}

/** The bare process; it may well exit. */
export function spawnApi(env: Record<string, string>) {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  );
  spawned.push({ child, ended });
  return { child, ended, output: () => text };
}

export const good = {
  problemId: 'echo',
  language: 'javascript',
  code: 'function solve(input) { return input; }',
};

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/submissions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body:
      typeof body === 'string' || body instanceof Uint8Array
        ? (body as string | Uint8Array<ArrayBuffer>)
        : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
}

export async function timed<T>(work: () => Promise<T>): Promise<[result: T, tookMs: number]> {
  const startMs = monotonicMs();
  const result = await work();
  return [result, monotonicMs() - startMs];
}

/** The answer is a well-formed problem document with this status. */
export async function expectProblem(response: Response, status: number): Promise<ProblemDocument> {
  const text = await response.text();
  expect(`${response.status} ${text}`).toMatch(new RegExp(`^${status} `));
  expect(response.headers.get('content-type')).toBe(problemContentType);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  return assertProblem(JSON.parse(text), status);
}

export function assertProblem(document: unknown, status: number): ProblemDocument {
  expect(document).toMatchObject({
    type: expect.stringMatching(/^urn:redproof:problem:[a-z-]+$/),
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
  });
  expect(JSON.stringify(document)).not.toMatch(/node_modules|\.ts:\d|at [A-Za-z.]+ \(/);
  return document as ProblemDocument;
}

/** Asks every 20 ms until there is an answer. */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => T | Promise<T>,
): Promise<NonNullable<T>> {
  const endMs = monotonicMs() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (monotonicMs() > endMs) throw new Error(`waited ${withinMs} ms for ${what}; last seen: ${answer}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
