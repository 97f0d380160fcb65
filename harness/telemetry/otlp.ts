// Spans in OTLP's JSON encoding, as spans.ndjson has them. Pure.
//
// Not kept: events, trace state, instrumentation scopes, attributes of links, of the resource all but its service, and the
// addresses and ports of connections, which are a sixth of it all and are on loopback.

import type { AttributeValue, Span, SpanKind } from '../span.ts';

const kinds: readonly SpanKind[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];
const statuses = [undefined, 'ok', 'error'] as const;

/**
 * @param request the body of `POST /v1/traces`, parsed
 * @param originMs what the spans' times count from: when the experiment began, in ms since 1970
 * @throws {TypeError} when it is no such request; nothing of it counts then
 */
export function spansOf(request: unknown, originMs: number): Span[] {
  return list(request, 'resourceSpans').flatMap((ofResource) => {
    const resource = attributesOf(field(ofResource, 'resource') ?? {});
    const service = String(resource['service.name'] ?? 'unknown');
    const instance = String(resource['service.instance.id'] ?? service);
    return list(ofResource, 'scopeSpans').flatMap((ofScope) =>
      list(ofScope, 'spans').map((span) => spanOf(span, { service, instance }, originMs)),
    );
  });
}

function spanOf(raw: unknown, from: Pick<Span, 'service' | 'instance'>, originMs: number): Span {
  const beganMs = timeOf(raw, 'startTimeUnixNano');
  const parent = field(raw, 'parentSpanId');
  const status = field(raw, 'status');
  const code = status === undefined ? undefined : statuses[Number(field(status, 'code') ?? 0)];
  const message = status === undefined ? undefined : field(status, 'message');
  const links = list(raw, 'links').map((link) => ({
    trace: hex(link, 'traceId', 32),
    span: hex(link, 'spanId', 16),
  }));
  return {
    atMs: thousandths(beganMs - originMs),
    durationMs: thousandths(Math.max(0, timeOf(raw, 'endTimeUnixNano') - beganMs)),
    trace: hex(raw, 'traceId', 32),
    span: hex(raw, 'spanId', 16),
    ...(parent === undefined || parent === '' ? {} : { parent: hex(raw, 'parentSpanId', 16) }),
    name: String(field(raw, 'name') ?? ''),
    kind: kinds[Number(field(raw, 'kind') ?? 0)] ?? 'internal',
    ...from,
    ...(code === undefined ? {} : { status: code }),
    ...(typeof message === 'string' && message !== '' ? { message } : {}),
    attributes: attributesOf(raw),
    ...(links.length === 0 ? {} : { links }),
  };
}

function attributesOf(raw: unknown): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const one of list(raw, 'attributes')) {
    const [name, value] = [String(field(one, 'key')), plainOf(field(one, 'value'))];
    if (value !== undefined && !/^(client|network|server)\./.test(name)) attributes[name] = value;
  }
  return attributes;
}

function plainOf(raw: unknown): AttributeValue | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const value = raw as Record<string, unknown>;
  if ('stringValue' in value) return String(value.stringValue);
  if ('boolValue' in value) return value.boolValue === true;
  // 64 bits are a string in JSON.
  if ('intValue' in value) return Number(value.intValue);
  if ('doubleValue' in value) return Number(value.doubleValue);
  if ('arrayValue' in value) return list(value.arrayValue, 'values').flatMap((one) => plainOf(one) ?? []);
  return undefined;
}

function field(raw: unknown, name: string): unknown {
  if (typeof raw !== 'object' || raw === null)
    throw new TypeError(`${JSON.stringify(raw)} is no object with ${name}`);
  return (raw as Record<string, unknown>)[name];
}

function list(raw: unknown, name: string): unknown[] {
  const value = field(raw, name) ?? [];
  if (!Array.isArray(value)) throw new TypeError(`${name} is no array`);
  return value;
}

function hex(raw: unknown, name: string, digits: number): string {
  const value = field(raw, name);
  if (typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/i.test(value))
    return value.toLowerCase();
  throw new TypeError(`${name} ${JSON.stringify(value)} is not ${digits} hexadecimal digits`);
}

/** In ms since 1970. */
function timeOf(raw: unknown, name: string): number {
  const value = field(raw, name);
  const nanoseconds = Number(value);
  if (value !== undefined && value !== '' && Number.isFinite(nanoseconds)) return nanoseconds / 1e6;
  throw new TypeError(`${name} ${JSON.stringify(value)} is no time in nanoseconds`);
}

function thousandths(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
