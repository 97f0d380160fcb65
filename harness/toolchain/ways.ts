// Several ways to get a program, tried in turn; what each did not give is remembered for the error.

export interface Way<T> {
  find: () => Promise<T | undefined>;
  /** What it means when there is nothing to be found this way. */
  missing: string;
}

/**
 * The first that gives something. One that fails is said and passed over.
 * @returns `found: undefined` when none did; `tried` says why not, a line each
 * @throws the signal's reason when it fires
 */
export async function firstOf<T>(
  ways: readonly Way<T>[],
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<{ found: T | undefined; tried: string[] }> {
  const tried: string[] = [];
  for (const { find, missing } of ways) {
    try {
      const found = await find();
      if (found !== undefined) return { found, tried };
      tried.push(missing);
    } catch (error) {
      signal?.throwIfAborted();
      tried.push((error as Error).message);
      say(`passed over: ${(error as Error).message}`);
    }
  }
  return { found: undefined, tried };
}
