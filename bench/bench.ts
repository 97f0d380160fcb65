// What a bench is: the shape of every file beside this one. Types only.

/** Figures by name, units last. */
export type Row = Record<string, number>;

export interface Bench {
  name: string;
  /** What is measured, in one line. */
  what: string;
  run(): Row[] | Promise<Row[]>;
}
