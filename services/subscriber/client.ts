// One WebSocket client: reads its messages, writes to it within a bounded buffer, and cuts it off when it is too slow or
// sends too much that is invalid. It does not know what a watch means.

import { type RawData, WebSocket } from 'ws';
import { type ClientMessage, clientMessageSchema } from '../shared/contract.ts';
import type { CutOffReason } from './metrics.ts';
import { parseJson, parseWith } from './status.ts';
import { encode, type Watcher } from './watches.ts';

/** So many mistakes are a broken or hostile client, not a slip. */
export const invalidMessagesMost = 20;

export interface ClientOptions {
  /** A client with more unsent bytes than this is cut off. */
  bufferLimitBytes: number;
  onMessage(client: Client, message: ClientMessage): void;
  onInvalid(problem: string): void;
  onCutOff(reason: CutOffReason, unsentBytes: number): void;
  /** Called once; nothing is sent any more. */
  onGone(client: Client): void;
}

export class Client implements Watcher {
  readonly #socket: WebSocket;
  readonly #options: ClientOptions;
  #invalid = 0;
  #answered = true;

  constructor(socket: WebSocket, options: ClientOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('message', (data, isBinary) => this.#read(data, isBinary));
    socket.on('pong', () => {
      this.#answered = true;
    });
    // A frame that is no WebSocket frame, no UTF-8 or too big: the library closes with 1002, 1007 or 1009 by itself.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith('WS_ERR_')) options.onInvalid(error.message);
    });
    socket.once('close', () => options.onGone(this));
  }

  send(text: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(text);
    if (this.#socket.bufferedAmount > this.#options.bufferLimitBytes) this.#cutOff('slow');
  }

  /** Cuts the client off if it has not answered the last ping; else pings it. */
  ping(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#answered) {
      this.#answered = false;
      this.#socket.ping();
    } else {
      this.#cutOff('no_pong');
    }
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  refuse(detail: string): void {
    this.send(encode({ type: 'error', detail }));
  }

  #read(data: RawData, isBinary: boolean): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const message = isBinary ? { problem: 'a binary frame: send JSON as text' } : parseMessage(String(data));
    if ('value' in message) this.#options.onMessage(this, message.value);
    else this.#refuseInvalid(message.problem);
  }

  #refuseInvalid(problem: string): void {
    this.#options.onInvalid(problem);
    this.refuse(problem);
    if (++this.#invalid < invalidMessagesMost) return;
    this.#options.onCutOff('invalid_messages', this.#socket.bufferedAmount);
    this.close(1008, `${this.#invalid} invalid messages`);
  }

  /** At once: a close frame would queue behind all that the client does not read, and hold the memory. */
  #cutOff(reason: CutOffReason): void {
    this.#options.onCutOff(reason, this.#socket.bufferedAmount);
    this.#socket.terminate();
  }
}

function parseMessage(text: string) {
  const json = parseJson(text);
  return 'problem' in json ? json : parseWith(clientMessageSchema, json.value);
}
