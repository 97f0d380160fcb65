// The cells of the table that puts persistence settings side by side: what each kind of fault took under each of them, and
// what the setting costs. Pure.

export type FaultName = 'SIGTERM' | 'SIGKILL' | 'power cut';

export interface Cell {
  /** Such as "AOF everysec". */
  setting: string;
  fault: FaultName;
  /** Faults that landed, and those of them that lost an acknowledged write. */
  times: number;
  timesWithLoss: number;
  /** How often Redis then refused to start until its files were repaired. */
  timesRefused: number;
  acknowledged: number;
  lost: number;
  /** For each fault; 0 where nothing was lost. */
  lossWindowsMs: number[];
}

/** What one setting costs, as ratios to `off` in the same round: medians over the rounds. */
export interface Price {
  setting: string;
  rounds: number;
  throughputRatio: number;
  throughputRatioMin: number;
  throughputRatioMax: number;
  latencyP99Ratio: number;
  /** Throughput by redis-benchmark's own account; absent where that is missing. */
  referenceRatio?: number;
  diskBytes: number;
  /** From its start after an orderly end to its first answer. */
  restartMs: number;
}

const names: Readonly<Record<string, FaultName>> = {
  'redis-terminate': 'SIGTERM',
  'redis-kill': 'SIGKILL',
  'power-cut': 'power cut',
};

/** How people call a kind of fault. */
export function faultName(kind: string): FaultName | undefined {
  return names[kind];
}

/** One cell for each setting and fault, in the order of their first appearance. */
export function mergeCells(cells: readonly Cell[]): Cell[] {
  const merged = new Map<string, Cell>();
  for (const cell of cells) {
    const key = `${cell.setting}/${cell.fault}`;
    const before = merged.get(key);
    if (before === undefined) {
      merged.set(key, { ...cell, lossWindowsMs: [...cell.lossWindowsMs] });
      continue;
    }
    before.times += cell.times;
    before.timesWithLoss += cell.timesWithLoss;
    before.timesRefused += cell.timesRefused;
    before.acknowledged += cell.acknowledged;
    before.lost += cell.lost;
    before.lossWindowsMs.push(...cell.lossWindowsMs);
  }
  return [...merged.values()];
}
