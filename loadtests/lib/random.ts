// Seeded randomness that gives the same numbers in k6 and in Node. Pure.

/** Four bytes that depend on every character of the text. */
export function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  // FNV leaves neighbours close to each other; this spreads them.
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/** Numbers from 0 to 1, 1 excluded: mulberry32. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A copy in an order that the seed decides. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const next = numbersFrom(seed);
  const deck = [...items];
  for (let last = deck.length - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1));
    [deck[last], deck[other]] = [deck[other]!, deck[last]!];
  }
  return deck;
}

/** Lower-case hexadecimal digits that depend on the text alone, as trace ids need them. */
export function hexOf(text: string, digits: number): string {
  let hex = '';
  for (let block = 0; hex.length < digits; block++) {
    hex += hash(`${text}/${block}`).toString(16).padStart(8, '0');
  }
  return hex.slice(0, digits);
}
