// What people submit: programs for several problems, right ones, wrong ones, slow ones, and ones that fail, each with the
// verdict that it deserves. Which one is submission number n follows from the seed. Pure; it knows problems by their public
// statement only (GET /problems).

import { hash, shuffled } from './random.ts';

export type Verdict = 'AC' | 'WA' | 'TLE' | 'MLE' | 'RE';

export interface Program {
  problemId: string;
  code: string;
  expected: Verdict;
  /** How many there are of it in a hundred submissions. */
  inHundred: number;
}

const program = (inHundred: number, expected: Verdict, problemId: string, code: string): Program => ({
  problemId,
  code,
  expected,
  inHundred,
});

export const programs: readonly Program[] = [
  program(14, 'AC', 'sum-two', 'function solve([a, b]) { return a + b; }'),
  program(12, 'AC', 'reverse-string', 'const solve = (text) => [...text].reverse().join("");'),
  program(
    10,
    'AC',
    'fizz-buzz',
    `function solve(n) {
  const said = [];
  for (let i = 1; i <= n; i++) said.push((i % 3 ? '' : 'Fizz') + (i % 5 ? '' : 'Buzz') || String(i));
  return said;
}`,
  ),
  program(
    10,
    'AC',
    'balanced-brackets',
    `function solve(text) {
  const closes = { ')': '(', ']': '[', '}': '{' };
  const open = [];
  for (const character of text) {
    if ('([{'.includes(character)) open.push(character);
    else if (character in closes && open.pop() !== closes[character]) return false;
  }
  return open.length === 0;
}`,
  ),
  program(
    8,
    'AC',
    'shortest-path',
    `function solve({ nodes, edges, from, to }) {
  const distance = Array(nodes).fill(Infinity);
  distance[from] = 0;
  for (let round = 0; round < nodes; round++)
    for (const [a, b, weight] of edges) {
      distance[b] = Math.min(distance[b], distance[a] + weight);
      distance[a] = Math.min(distance[a], distance[b] + weight);
    }
  return distance[to] === Infinity ? -1 : distance[to];
}`,
  ),
  program(
    10,
    'AC',
    'primes-below',
    `function solve(limit) {
  const primes = [];
  for (let n = 2; n < limit; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return primes;
}`,
  ),
  // As long as a real program takes, without taking the processor from whoever measures.
  program(10, 'AC', 'echo', 'function solve(input) { sleep(20); return input; }'),
  program(5, 'WA', 'sum-two', 'function solve([a, b]) { return a - b; }'),
  // By UTF-16 units: an emoji falls apart.
  program(5, 'WA', 'reverse-string', 'const solve = (text) => text.split("").reverse().join("");'),
  // A plain object finds Object.prototype.constructor.
  program(
    4,
    'WA',
    'word-count',
    `function solve(text) {
  const count = {};
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) count[word] = (count[word] || 0) + 1;
  return count;
}`,
  ),
  program(3, 'WA', 'primes-below', 'const solve = (limit) => [2, 3, 5, 7].filter((p) => p < limit);'),
  program(3, 'RE', 'sum-two', 'function solve(input) { return input.first.value + input.second.value; }'),
  program(2, 'RE', 'echo', 'function solve(input) { return solve(input); }'),
  program(2, 'RE', 'fizz-buzz', 'function solve(n) { return '),
  // Waits in its loop: one that burns the processor until its limit would be half of the load by itself.
  program(1, 'TLE', 'primes-below', 'function solve(limit) { for (;;) sleep(10); }'),
  program(
    1,
    'MLE',
    'echo',
    'function solve() { const all = []; for (;;) all.push(new ArrayBuffer(1 << 20)); }',
  ),
];

const hundred = programs.flatMap((one) => Array.from({ length: one.inHundred }, () => one));

/** @param n from 0. Each hundred in a row has the whole mix, in an order of its own. */
export function submissionNumber(n: number, seed: number): Program {
  const round = Math.floor(n / hundred.length);
  return dealt(round, seed)[n % hundred.length]!;
}

/** Every program in turn, so that a few submissions show every verdict. */
export function eachInTurn(n: number): Program {
  return programs[n % programs.length]!;
}

const lingerMs = 20;

/** The same program, a while longer for each of its problem's tests: a fault finds it at work. */
export function lingering(one: Program): Program {
  return { ...one, code: `sleep(${lingerMs});\n${one.code}` };
}

const decks = new Map<string, Program[]>();

function dealt(round: number, seed: number): Program[] {
  const name = `${seed}/${round}`;
  let deck = decks.get(name);
  if (deck === undefined) {
    if (decks.size > 4) decks.clear();
    deck = shuffled(hundred, hash(name));
    decks.set(name, deck);
  }
  return deck;
}
