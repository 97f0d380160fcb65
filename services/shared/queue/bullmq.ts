// `bullmq`: the peer, BullMQ as its users have it, driven by hand (getNextJob, moveToCompleted): the worker of the judge
// decides when to claim, and how many. A lock with a token of its own for each claim is what a lease and a fence are
// here; what BullMQ calls stalled is what is reaped.
//
// What it has no notion of, and what is made of it: a fence that is a number (attemptsStarted), a version (it follows
// from attemptsStarted and the state), an enqueue that says whether the job was known (each add leaves a mark, which is
// read back). It has no cap at all.

import { consumer } from './bullmq/consumer.ts';
import { producer } from './bullmq/producer.ts';
import type { QueueAdapter } from './queue.ts';

const bullmq: QueueAdapter = {
  name: 'bullmq',
  contract: 'effectively-once',
  lacks: { cap: 'BullMQ has no backpressure: whatever is added is accepted' },
  producer,
  consumer,
};
export default bullmq;
