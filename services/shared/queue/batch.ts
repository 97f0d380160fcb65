// Many calls made in one turn of the event loop, answered by one call to Redis. A single call waits for nobody.

/**
 * @param most how many inputs one call of `send` gets at most
 * @param send answers one output for each input, in their order. When it rejects, so do all of its calls.
 */
export function batched<In, Out>(
  most: number,
  send: (inputs: In[]) => Promise<Out[]>,
): (input: In) => Promise<Out> {
  interface Call {
    input: In;
    resolve(output: Out): void;
    reject(error: unknown): void;
  }
  let waiting: Call[] = [];

  const flush = () => {
    const calls = waiting;
    waiting = [];
    for (let from = 0; from < calls.length; from += most) {
      const some = calls.slice(from, from + most);
      send(some.map(({ input }) => input)).then(
        (outputs) => {
          for (const [i, { resolve }] of some.entries()) resolve(outputs[i] as Out);
        },
        (error: unknown) => {
          for (const { reject } of some) reject(error);
        },
      );
    }
  };

  return (input) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ input, resolve, reject }) === 1) setImmediate(flush);
    });
}
