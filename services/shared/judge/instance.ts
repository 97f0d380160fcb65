// One instance of QuickJS in WebAssembly whose memory has a ceiling that moves with each run.
// Why not QuickJS' own memory limit alone: compiled by Emscripten it cannot learn how large a block is, counts 8 bytes
// for each, and lets a program have 2 GB (measured: 8 s until it stopped). So the growth of the memory is refused here.

import { newQuickJSWASMModule, newVariant, type QuickJSWASMModule, RELEASE_SYNC } from 'quickjs-emscripten';

/** What is used here of WebAssembly; TypeScript has its types in the DOM library only. */
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: { Memory: new (pages: { initial: number; maximum: number }) => Memory };

const pageBytes = 64 << 10;
/** What the compiled module declares; it always has as much. */
const initialBytes = 16 << 20;
/** Of these, its C stack and static data (measured: a program can fill all but so much). */
const reservedBytes = 5.5 * (1 << 20);

export interface Instance {
  quickjs: QuickJSWASMModule;
  /** From now on programs may use so much. Less than about 10 MB cannot be enforced: the instance begins with them. */
  allow(bytes: number): void;
  /** Whether it ever refused memory. Then any pointer inside may be null: do not use it again. */
  refused(): boolean;
}

/** About 10 ms. */
export async function loadInstance(): Promise<Instance> {
  const memory = new WebAssembly.Memory({
    initial: initialBytes / pageBytes,
    maximum: 2 ** 31 / pageBytes,
  });
  let ceilingBytes = initialBytes;
  let refused = false;
  const grow = memory.grow.bind(memory);
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * pageBytes <= ceilingBytes) return grow(pages);
    refused = true;
    throw new RangeError('over the memory limit');
  };
  const quickjs = await newQuickJSWASMModule(newVariant(RELEASE_SYNC, { wasmMemory: memory }));
  return {
    quickjs,
    allow(bytes) {
      ceilingBytes = Math.max(initialBytes, reservedBytes + bytes);
    },
    refused: () => refused,
  };
}
