// Versions as people write them. Nothing else.

/** Compares number by number: '7.0.15' is at least '7.0'. */
export function atLeast(version: string, floor: string): boolean {
  const have = version.split('.').map(Number);
  for (const [i, wanted] of floor.split('.').map(Number).entries()) {
    const part = have[i] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
