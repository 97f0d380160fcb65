// The inside of a sandbox thread: loads a sandbox, says so, and judges one submission at a time. It enforces the limits
// that the sandbox can enforce by itself; the hard ones are the host's (thread.ts).

import { parentPort, workerData } from 'node:worker_threads';
import type { Submission } from '../shared/contract.ts';
import type { SandboxLimits } from '../shared/judge/limits.ts';
import { loadSandbox } from '../shared/judge/sandbox.ts';
import type { FromThread } from './thread.ts';

const limits = workerData as SandboxLimits;
const port = parentPort;
if (port === null) throw new Error('sandbox-thread.ts runs as a worker thread only');
const say = (message: FromThread) => port.postMessage(message);

let sandbox = await loadSandbox();
// The first program of a fresh instance takes 20 ms, the next 1 ms: let it not be a submitter's.
const warmUp = {
  problemId: 'echo',
  language: 'javascript',
  code: 'function solve(x) { return x; }',
} as const;
sandbox.judge(warmUp, { ...limits, timeLimitMs: 60_000 });
// Not even that may have worked, with a tiny memory limit.
if (sandbox.spent) sandbox = await loadSandbox();

port.on('message', async (submission: Submission) => {
  const judgement = sandbox.judge(submission, limits);
  const reloading = sandbox.spent;
  say({ type: 'judged', judgement, reloading });
  if (!reloading) return;
  sandbox = await loadSandbox();
  say({ type: 'ready' });
});
say({ type: 'ready' });
