// Text that fits a terminal: breaks at spaces and indents what follows, or clips. Pure; it counts characters, and the
// texts that it is given have no escape codes (`plain` takes care of that).

/**
 * The text behind `prefix`; further lines are indented by as much. `mostLines`: what does not fit is clipped.
 * An infinite width gives one line.
 */
export function wrap(
  text: string,
  width: number,
  prefix: string,
  mostLines = Number.POSITIVE_INFINITY,
): string {
  const room = Math.max(20, width - prefix.length);
  const lines: string[] = [];
  let rest = text;
  while (rest.length > room && lines.length + 1 < mostLines) {
    const space = rest.lastIndexOf(' ', room);
    const at = space > room / 2 ? space : room;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  lines.push(clip(rest, room));
  return lines.map((line, index) => (index === 0 ? prefix : ' '.repeat(prefix.length)) + line).join('\n');
}

/** Phrases with a dot between them; a phrase is not broken unless it is longer than a line. */
export function wrapPhrases(phrases: readonly string[], width: number, prefix: string): string {
  const room = Math.max(20, width - prefix.length);
  const lines: string[] = [];
  for (const phrase of phrases) {
    const longer = lines.length > 0 ? `${lines.at(-1)} · ${phrase}` : phrase;
    if (lines.length > 0 && longer.length <= room) lines[lines.length - 1] = longer;
    else lines.push(phrase);
  }
  const indent = ' '.repeat(prefix.length);
  return lines.map((line, index) => wrap(line, width, index === 0 ? prefix : indent)).join('\n');
}

export function clip(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** One line without anything that a terminal would obey: evidence and errors carry whatever a process wrote. */
export function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '�')
    .trim();
}
