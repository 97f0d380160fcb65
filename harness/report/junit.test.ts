import { expect, test } from 'vitest';
import type { Verdict } from '../verdict.ts';
import { junit } from './junit.ts';
import { type ClaimResult, type Results, summaryOf } from './result.ts';

const claim = (id: string, verdict: Verdict, differs: Partial<ClaimResult> = {}): ClaimResult => ({
  id,
  section: 'Fault Tolerance',
  statement: `statement of ${id}`,
  verdict,
  why: `why of ${id}`,
  evidence: {},
  faults: [],
  control: { statement: '', failedAsExpected: true, why: '', evidence: {}, faults: [] },
  durationMs: 1500,
  ...differs,
});
const results = (...claims: ClaimResult[]): Results => ({
  schema: 1,
  run: {
    id: 'r',
    startedAt: '',
    durationMs: 4200,
    seed: 1,
    commit: null,
    node: '',
    platform: '',
    cpus: 2,
    redis: { version: '', provider: 'binary' },
    system: 'processes',
  },
  claims,
  summary: summaryOf(claims),
});

test('a suite a section, a case a claim, each verdict in its element', () => {
  const text = junit(
    results(
      claim('a', 'held'),
      claim('b', 'refuted'),
      claim('q', 'unknown', { section: 'Queue' }),
      claim('c', 'skipped'),
    ),
  );
  expect(text).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="redproof" tests="4" failures="1" errors="1" skipped="1" time="4.200">
  <testsuite name="Fault Tolerance" tests="3" failures="1" errors="0" skipped="1" time="4.500">
    <testcase classname="redproof" name="a" time="1.500"/>
    <testcase classname="redproof" name="b" time="1.500">
      <failure message="why of b">statement of b</failure>
    </testcase>
    <testcase classname="redproof" name="c" time="1.500">
      <skipped message="why of c">statement of c</skipped>
    </testcase>
  </testsuite>
  <testsuite name="Queue" tests="1" failures="0" errors="1" skipped="0" time="1.500">
    <testcase classname="redproof" name="q" time="1.500">
      <error message="why of q">statement of q</error>
    </testcase>
  </testsuite>
</testsuites>
`);
});

test('no claims', () => {
  expect(junit(results())).toContain(
    'tests="0" failures="0" errors="0" skipped="0" time="4.200">\n</testsuites>',
  );
});

test('whatever the text, the XML is well-formed and says the same', () => {
  const hostile = `<a href="x">&amp; ]]> 'q' \u0000\u001b[31m\n\ud800 \uffff 😀 ≤ 1.5 ×`;
  const text = junit(
    results(claim('id"<>&', 'refuted', { why: hostile, statement: hostile, section: hostile })),
  );
  const { names, attributes, texts } = parse(text);
  const readable = `<a href="x">&amp; ]]> 'q'   [31m \ufffd   😀 ≤ 1.5 ×`;
  expect(names).toEqual(['testsuites', 'testsuite', 'testcase', 'failure']);
  expect(attributes).toContain(readable);
  expect(attributes).toContain('id"<>&');
  expect(texts).toContain(readable);
});

/** A strict reader of the little XML that is written here: throws on what is not well-formed. */
function parse(xml: string): { names: string[]; attributes: string[]; texts: string[] } {
  if (!xml.isWellFormed()) throw new Error('half a surrogate pair');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML 1.0 forbids
  const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/u.exec(xml);
  if (forbidden) throw new Error(`forbidden character at ${forbidden.index}`);
  const names: string[] = [];
  const attributes: string[] = [];
  const texts: string[] = [];
  const open: string[] = [];
  const token =
    /<\?xml [^?]*\?>|<\/(?<end>[a-z]+)>|<(?<start>[a-z]+)(?<given>(?: [a-z]+="[^"<]*")*)(?<self>\/?)>|(?<text>[^<]+)/gy;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const groups = token.exec(xml)?.groups;
    if (groups === undefined) throw new Error(`not well-formed at ${at}: ${xml.slice(at, at + 40)}`);
    const { start, end, given = '', self, text } = groups;
    if (text !== undefined) texts.push(decoded(text));
    if (end !== undefined && open.pop() !== end) throw new Error(`</${end}> closes nothing`);
    if (start === undefined) continue;
    names.push(start);
    if (self !== '/') open.push(start);
    for (const [, value] of given.matchAll(/="([^"]*)"/g)) attributes.push(decoded(value!));
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join()}`);
  return { names, attributes, texts };
}

function decoded(text: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };
  return text.replaceAll(/&(\w*;?)/g, (_, name: string) => {
    const character = entities[name.replace(/;$/, '')];
    if (character === undefined || !name.endsWith(';')) throw new Error(`a bare &: ${text}`);
    return character;
  });
}
