// What the writers of writes.ts write, so that whoever reads it back knows it again.

export interface Writer {
  /** Its place in the list of writers. */
  index: number;
  structure: 'key' | 'list';
  /** So many commands are on their way at a time; 1 waits for each reply. */
  depth: number;
}

/** One key a number, or one list a writer. */
export function keyOf(prefix: string, { index, structure }: Writer, n: number): string {
  return structure === 'key' ? `${prefix}key:${index}:${n}` : `${prefix}list:${index}`;
}

/** Long enough that a torn record can be torn in its value. */
export function textOf(n: number): string {
  return `${n}`.padEnd(48, '.');
}
