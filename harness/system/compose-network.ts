// The network of one experiment in containers. Redis has one address on it for good, as a server has, and through /etc/hosts its
// name: while it is down that address is silent. So nothing depends on how an engine answers for the name of what is gone.

import type { Engine } from '../toolchain/docker.ts';

export interface ComposeNetwork {
  /** What a second compose file must say for the file's services to be on it. */
  readonly override: Record<'redis' | 'api' | 'worker' | 'subscriber', Record<string, unknown>>;
  /** This machine's address on it. */
  readonly gateway: string;
  remove(): Promise<void>;
}

/** Made here, not by compose: several containers at once would each want to make it. */
export async function makeNetwork(
  { docker }: Engine,
  name: string,
  labels: Record<string, string>,
): Promise<ComposeNetwork> {
  const options = { Name: name, Labels: labels };
  // An address may be asked for only on a subnet that was asked for. Which one is free, the engine knows.
  const draft = await docker.createNetwork(options);
  const { IPAM } = (await draft.inspect()) as { IPAM: { Config: { Subnet: string; Gateway: string }[] } };
  const { Subnet, Gateway } = IPAM.Config[0]!;
  await draft.remove();
  const network = await docker.createNetwork({ ...options, IPAM: { Config: [{ Subnet, Gateway }] } });
  const redisAddress = highestIn(Subnet);
  const service = { extra_hosts: [`redis:${redisAddress}`] };
  return {
    override: {
      redis: { networks: { default: { ipv4_address: redisAddress } } },
      api: service,
      worker: service,
      subscriber: service,
    },
    gateway: Gateway,
    remove: () => network.remove(),
  };
}

/** The engine gives them out from the other end. */
function highestIn(subnet: string): string {
  const [base, bits] = subnet.split('/') as [string, string];
  const start = base.split('.').reduce((value, byte) => value * 256 + Number(byte), 0);
  const broadcast = start + 2 ** (32 - Number(bits)) - 1;
  return [24, 16, 8, 0].map((shift) => Math.floor((broadcast - 1) / 2 ** shift) % 256).join('.');
}
