// What runs in a fresh context before the program: it gives the program `console` and `sleep`, and keeps for the judge
// the functions that the program could otherwise replace. QuickJS source, not host code: it can reach nothing but the
// two host functions that it is called with.

export const prelude = `(function (print, pause) {
  'use strict';
  const { parse, stringify } = JSON;
  const text = String;

  const show = (value) => {
    if (typeof value === 'string') return value;
    try {
      return stringify(value) ?? text(value);
    } catch {
      try { return text(value); } catch { return '[cannot be shown]'; }
    }
  };

  const cut = (line) => {
    if (line.length <= 500) return line;
    let start = '';
    for (let i = 0; i < 500; i++) start += line[i];
    return start;
  };

  const log = (...values) => {
    let line = '';
    for (let i = 0; i < values.length; i++) line += (i > 0 ? ' ' : '') + show(values[i]);
    print(line);
  };

  const describe = (thrown) => {
    try {
      if (typeof thrown !== 'object' || thrown === null) {
        return 'threw ' + (typeof thrown === 'string' ? stringify(cut(thrown)) : text(thrown));
      }
      const { name, message, stack } = thrown;
      if (name === undefined && message === undefined) return 'threw ' + show(thrown);
      return cut(text(name)) + ': ' + cut(text(message)) + (typeof stack === 'string' ? '\\n' + stack : '');
    } catch {
      return 'threw something that cannot be shown';
    }
  };

  globalThis.console = { log, info: log, warn: log, error: log, debug: log };
  globalThis.sleep = (ms) => {
    if (typeof ms !== 'number') throw new TypeError('sleep(ms): ms must be a number');
    pause(ms);
  };
  return { parse, stringify, describe };
})`;
