// The settings of Redis that the persistence claims compare, each with the name that people give it.

export interface PersistenceSetting {
  label: string;
  redis: Record<string, string>;
}

const withoutAof = { appendonly: 'no' };
/** The save points that Redis has if nobody sets any. */
const savePoints = { save: '3600 1 300 100 60 10000' };
const aof = (appendfsync: string) => ({ appendonly: 'yes', appendfsync });

export const off: PersistenceSetting = { label: 'off', redis: { ...withoutAof, save: '' } };
export const rdb: PersistenceSetting = { label: 'RDB', redis: { ...withoutAof, ...savePoints } };
export const aofNo: PersistenceSetting = { label: 'AOF no', redis: { ...aof('no'), save: '' } };
export const aofEverysec: PersistenceSetting = {
  label: 'AOF everysec',
  redis: { ...aof('everysec'), save: '' },
};
export const aofAlways: PersistenceSetting = { label: 'AOF always', redis: { ...aof('always'), save: '' } };
export const rdbAndAof: PersistenceSetting = {
  label: 'RDB + AOF',
  redis: { ...aof('everysec'), ...savePoints },
};

export const allPersistence: readonly PersistenceSetting[] = [
  off,
  rdb,
  aofNo,
  aofEverysec,
  aofAlways,
  rdbAndAof,
];
