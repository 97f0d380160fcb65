// The catalogue of problems, each with its visible and hidden tests. Data only: nothing here runs a program.
// A program defines `function solve(input)`; inputs and results are JSON values.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface ProblemTest {
  input: Json;
  expected: Json;
  /** Shown to everyone, with its input and expected result. Of a hidden test nothing is ever shown. */
  visible: boolean;
}

export interface Problem {
  /** Fits the `problemId` of `submissionSchema`. */
  id: string;
  title: string;
  statement: string;
  tests: readonly ProblemTest[];
}

/** A problem as the world may see it: its hidden tests are a number. */
export interface PublicProblem {
  id: string;
  title: string;
  statement: string;
  tests: { input: Json; expected: Json }[];
  hiddenTests: number;
}

/** The problem without its hidden tests. */
export function publicProblem({ id, title, statement, tests }: Problem): PublicProblem {
  const visible = tests.filter((test) => test.visible);
  return {
    id,
    title,
    statement,
    tests: visible.map(({ input, expected }) => ({ input, expected })),
    hiddenTests: tests.length - visible.length,
  };
}

export function findProblem(id: string): Problem | undefined {
  return problems.find((problem) => problem.id === id);
}

const visible = (input: Json, expected: Json): ProblemTest => ({ input, expected, visible: true });
const hidden = (input: Json, expected: Json): ProblemTest => ({ input, expected, visible: false });

export const problems: readonly Problem[] = [
  {
    id: 'echo',
    title: 'Echo',
    statement: 'Return the input unchanged.',
    // A string and something else: the harness' workloads do their work in one of the two.
    tests: [visible('hello', 'hello'), hidden({ a: [1, null, true] }, { a: [1, null, true] })],
  },
  {
    id: 'sum-two',
    title: 'Sum of two',
    statement: 'The input is an array of two numbers. Return their sum.',
    tests: [visible([1, 2], 3), visible([-5, 5], 0), hidden([0.5, 0.25], 0.75), hidden([1e15, 1], 1e15 + 1)],
  },
  {
    id: 'reverse-string',
    title: 'Reverse a string',
    statement: 'Return the string backwards, by code points: an emoji stays whole.',
    tests: [visible('redis', 'sider'), visible('', ''), hidden('a😀b', 'b😀a'), hidden('level', 'level')],
  },
  {
    id: 'fizz-buzz',
    title: 'Fizz buzz',
    statement:
      'For the numbers from 1 to the input return an array of strings: "Fizz" for multiples of 3, "Buzz" for multiples of 5, "FizzBuzz" for both, else the number.',
    tests: [
      visible(5, ['1', '2', 'Fizz', '4', 'Buzz']),
      visible(0, []),
      hidden(15, '1 2 Fizz 4 Buzz Fizz 7 8 Fizz Buzz 11 Fizz 13 14 FizzBuzz'.split(' ')),
    ],
  },
  {
    id: 'balanced-brackets',
    title: 'Balanced brackets',
    statement: 'Return true if every (, [ and { of the string is closed by its own kind, in the right order.',
    tests: [
      visible('([]{})', true),
      visible('(]', false),
      hidden('', true),
      hidden('(((', false),
      hidden('}{', false),
      hidden('([)]', false),
      hidden('f(a[0], {b})', true),
    ],
  },
  {
    id: 'word-count',
    title: 'Word count',
    statement:
      'Return an object that says how often each word of the string occurs. Words are runs of the letters a to z; upper case counts as lower case.',
    tests: [
      visible('the cat and the dog', { the: 2, cat: 1, and: 1, dog: 1 }),
      visible('', {}),
      hidden('Go, go; GO!', { go: 3 }),
      // A plain object as a map finds Object.prototype.constructor here.
      hidden('constructor constructor', { constructor: 2 }),
    ],
  },
  {
    id: 'shortest-path',
    title: 'Shortest path',
    statement:
      'The input is {nodes, edges, from, to}; nodes are numbered from 0, edges are [a, b, weight], usable both ways, weights at least 0. Return the smallest total weight from `from` to `to`, or -1 if there is no way.',
    tests: [
      visible({ nodes: 3, edges: [[0, 1, 4], [0, 2, 1], [2, 1, 2]], from: 0, to: 1 }, 3), // biome-ignore format: edges
      visible({ nodes: 2, edges: [], from: 0, to: 1 }, -1),
      hidden({ nodes: 1, edges: [], from: 0, to: 0 }, 0),
      hidden({ nodes: 5, edges: [[0, 1, 0], [1, 2, 7], [2, 3, 0], [3, 4, 1], [0, 4, 9]], from: 4, to: 0 }, 8), // biome-ignore format: edges
    ],
  },
  {
    id: 'primes-below',
    title: 'Primes below',
    statement: 'Return all primes smaller than the input, in rising order.',
    tests: [
      visible(10, [2, 3, 5, 7]),
      visible(2, []),
      hidden(30, [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]),
      hidden(-1, []),
    ],
  },
];
