/**
 * Which branch of a Claude Code session a record is on, and whether it was seen before, in about 25 bytes a record.
 *
 * Records form a tree by `parentUuid`. A fork is mostly no rewind: parallel tool calls fork too. A person rewound only where
 * one record has two or more children that a person typed; of these the branch with the newest record is the active one.
 */

/** Fingerprints of uuids in an open-addressed table: 8 bytes of key and 4 of position each, never the uuid itself. */
class FingerprintTable {
  #size = 1 << 10;
  #keys = new Uint32Array(2 * this.#size);
  #values = new Int32Array(this.#size).fill(-1);
  #count = 0;

  #slot(high: number, low: number): number {
    let slot = (high ^ Math.imul(low, 0x9e3779b1)) & (this.#size - 1);
    while (this.#values[slot] !== -1 && (this.#keys[2 * slot] !== high || this.#keys[2 * slot + 1] !== low))
      slot = (slot + 1) & (this.#size - 1);
    return slot;
  }

  /** The position of a fingerprint, -1 if unknown. */
  get(high: number, low: number): number {
    return this.#values[this.#slot(high, low)] ?? -1;
  }

  set(high: number, low: number, value: number): void {
    const slot = this.#slot(high, low);
    if (this.#values[slot] === -1) this.#count += 1;
    this.#keys[2 * slot] = high;
    this.#keys[2 * slot + 1] = low;
    this.#values[slot] = value;
    if (this.#count > 0.8 * this.#size) this.#grow();
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#size *= 2;
    this.#keys = new Uint32Array(2 * this.#size);
    this.#values = new Int32Array(this.#size).fill(-1);
    for (let old = 0; old < values.length; old++) {
      const value = values[old] ?? -1;
      if (value === -1) continue;
      const slot = this.#slot(keys[2 * old] ?? 0, keys[2 * old + 1] ?? 0);
      this.#keys[2 * slot] = keys[2 * old] ?? 0;
      this.#keys[2 * slot + 1] = keys[2 * old + 1] ?? 0;
      this.#values[slot] = value;
    }
  }
}

/** 64 bits of an id as two numbers; of a million ids two collide with a chance of about 1 in 40 million. */
type Fingerprint = readonly [high: number, low: number];

/** Of an id's bytes or of its text, which is the same for ids in ASCII. */
function fingerprint(id: Uint8Array | string): Fingerprint {
  let high = 0x811c9dc5;
  let low = 0x9dc5811c;
  for (let i = 0; i < id.length; i++) {
    const code = typeof id === 'string' ? id.charCodeAt(i) : (id[i] ?? 0);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code ^ (high >>> 13), 0x5bd1e995);
  }
  return [(high ^ (high >>> 15)) >>> 0, (low ^ (low >>> 13)) >>> 0];
}

/** The prompts of a session by number, in columns: there may be very many. */
interface Prompts {
  /** Fingerprint of the record that the prompt follows; -1 where it starts the session. */
  readonly parent: number[];
  /** Number of the prompt above this one, -1 for none. */
  readonly above: number[];
  /** Time of the newest record below it, prompts below included once the tree is closed. */
  readonly newest: number[];
}

export interface TreeRecord {
  readonly uuid: Uint8Array;
  readonly parent: Uint8Array | null;
  /** True where a person typed it. */
  readonly typed: boolean;
  /** Milliseconds since 1970, 0 where unknown. */
  readonly at: number;
}

export interface SessionTree {
  /** First pass: every record that has a uuid, in file order. */
  readonly add: (record: TreeRecord) => void;
  /** Between the passes: decides which branches were abandoned. */
  readonly close: () => void;
  /** Second pass. */
  readonly isAbandoned: (uuid: string) => boolean;
  /** Second pass: true where `markRead` was called for this uuid before. */
  readonly wasRead: (uuid: string) => boolean;
  readonly markRead: (uuid: string) => void;
}

/** Marks the prompts that lost against a sibling, and what is below them: 1 for abandoned. */
function abandonedPrompts({ parent, above, newest }: Prompts): Uint8Array {
  for (let i = parent.length - 1; i >= 0; i--) {
    const up = above[i] ?? -1;
    if (up >= 0) newest[up] = Math.max(newest[up] ?? 0, newest[i] ?? 0);
  }
  const winners = new Map<number, number>();
  for (const [i, key] of parent.entries()) {
    const best = winners.get(key);
    if (key !== -1 && (best === undefined || (newest[i] ?? 0) >= (newest[best] ?? 0))) winners.set(key, i);
  }
  const abandoned = new Uint8Array(parent.length);
  for (const [i, key] of parent.entries()) {
    const lost = key !== -1 && winners.get(key) !== i;
    abandoned[i] = lost || abandoned[above[i] ?? -1] === 1 ? 1 : 0;
  }
  return abandoned;
}

/**
 * An empty tree. Records whose parent comes later in the file, or is missing, count as on the active branch.
 * A record's entry in the table is twice the number of the prompt it answers, plus two, plus one once it was read.
 */
export function sessionTree(): SessionTree {
  const table = new FingerprintTable();
  const prompts: Prompts = { parent: [], above: [], newest: [] };
  let abandoned: Uint8Array = new Uint8Array(0);
  const ownerOf = (uuid: Uint8Array | string): number => {
    const entry = table.get(...fingerprint(uuid));
    return entry === -1 ? -1 : (entry >> 1) - 1;
  };
  return {
    add: ({ uuid, parent, typed, at }) => {
      const [high, low] = fingerprint(uuid);
      if (table.get(high, low) !== -1) return;
      let owner = parent === null ? -1 : ownerOf(parent);
      if (typed) {
        const [parentHigh, parentLow] = parent === null ? [0, 0] : fingerprint(parent);
        const count = prompts.parent.push(parent === null ? -1 : parentHigh * 2 ** 20 + (parentLow >>> 12));
        prompts.above.push(owner);
        prompts.newest.push(at);
        owner = count - 1;
      }
      table.set(high, low, 2 * (owner + 1));
      if (owner >= 0 && at > (prompts.newest[owner] ?? 0)) prompts.newest[owner] = at;
    },
    close: () => {
      abandoned = abandonedPrompts(prompts);
      for (const column of Object.values(prompts)) column.length = 0;
    },
    isAbandoned: (uuid) => abandoned[ownerOf(uuid)] === 1,
    wasRead: (uuid) => {
      const entry = table.get(...fingerprint(uuid));
      return entry !== -1 && (entry & 1) === 1;
    },
    markRead: (uuid) => {
      const [high, low] = fingerprint(uuid);
      table.set(high, low, Math.max(0, table.get(high, low)) | 1);
    },
  };
}
