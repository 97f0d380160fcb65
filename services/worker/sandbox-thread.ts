// The inside of a sandbox thread: loads a sandbox, says so, and judges one submission at a time. It enforces the limits
// that the sandbox can enforce by itself; the hard ones are the host's (thread.ts).
//
// The port is listened to before anything is loaded, and what is loaded is imported only then. Else the thread's event
// loop is empty while WebAssembly compiles, and Node blocks the thread until all background tasks of the process are
// done (NodePlatform::DrainTasks); a compiler task of this very thread may wait for its garbage collection meanwhile.
// Twenty threads that start together then hang for good (seen with Node 24.21 on 2 cores).

import { parentPort, workerData } from 'node:worker_threads';
import type { Submission } from '../shared/contract.ts';
import type { SandboxLimits } from '../shared/judge/limits.ts';
import type { Sandbox } from '../shared/judge/sandbox.ts';
import type { FromThread } from './thread.ts';

const limits = workerData as SandboxLimits;
const port = parentPort;
if (port === null) throw new Error('sandbox-thread.ts runs as a worker thread only');
const say = (message: FromThread) => port.postMessage(message);

let sandbox: Sandbox | undefined;

port.on('message', async (submission: Submission) => {
  if (sandbox === undefined) throw new Error('a submission came before the thread was ready');
  const judgement = sandbox.judge(submission, limits);
  const reloading = sandbox.spent;
  say({ type: 'judged', judgement, reloading });
  if (!reloading) return;
  sandbox = await loadSandbox();
  say({ type: 'ready' });
});

const { loadSandbox } = await import('../shared/judge/sandbox.ts');
sandbox = await loadSandbox();
// The first program of a fresh instance takes 20 ms, the next 1 ms: let it not be a submitter's.
const warmUp = {
  problemId: 'echo',
  language: 'javascript',
  code: 'function solve(x) { return x; }',
} as const;
sandbox.judge(warmUp, { ...limits, timeLimitMs: 60_000 });
// Not even that may have worked, with a tiny memory limit.
if (sandbox.spent) sandbox = await loadSandbox();
say({ type: 'ready' });
