import { createHash } from "node:crypto";

/** What a checkpoint can hold: plain data and typed arrays, nested. */
export type CheckpointValue =
  | null
  | boolean
  | number
  | string
  | CheckpointArray
  | readonly CheckpointValue[]
  | { readonly [name: string]: CheckpointValue };

/** Arrays that are stored as their bytes. */
export type CheckpointArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Whose checkpoint it is; reading asks for the same. */
export interface CheckpointOwner {
  /** Hash of the run's spec. */
  readonly specHash: string;
  /** Version of the code; what follows a `+` (a commit) may differ. */
  readonly codeVersion: string;
}

/** Changes with the layout below or with what is stored in it. */
const FORMAT_VERSION = 1;
const MAGIC = "FCDLCKPT";
const DIGEST_BYTES = 32;
/** Magic, format version, SHA-256 of all that follows it, header's length. */
const DIGEST_START = MAGIC.length + 4;
const DIGEST_END = DIGEST_START + DIGEST_BYTES;
const PREFIX_BYTES = DIGEST_END + 4;
const ALIGNMENT = 8;

const arrayTypes = { Float32Array, Float64Array, Int32Array, Uint8Array };
type ArrayTypeName = keyof typeof arrayTypes;

interface Header extends CheckpointOwner {
  readonly arrays: readonly { readonly type: ArrayTypeName; readonly offset: number; readonly length: number }[];
  readonly value: unknown;
}

/**
 * Writes a checkpoint: a fixed prefix (magic, format version, SHA-256 of the rest, header length), a JSON header with
 * the plain data, and the typed arrays at multiples of eight bytes, little-endian as all machines we run on.
 *
 * @returns The bytes, complete in themselves.
 * @throws {TypeError} If `value` holds something else than {@link CheckpointValue}.
 */
export function encodeCheckpoint(value: CheckpointValue, owner: CheckpointOwner): Uint8Array {
  const arrays: CheckpointArray[] = [];
  const plain = toPlain(value, arrays);
  let offset = 0;
  const places = arrays.map((array) => {
    const place = { type: typeNameOf(array), offset, length: array.length };
    offset = aligned(offset + array.byteLength);
    return place;
  });
  const header: Header = { ...owner, arrays: places, value: plain };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bodyStart = aligned(PREFIX_BYTES + text.length);
  const bytes = new Uint8Array(bodyStart + offset);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint32(MAGIC.length, FORMAT_VERSION, true);
  view.setUint32(DIGEST_END, text.length, true);
  bytes.set(text, PREFIX_BYTES);
  arrays.forEach((array, k) => bytes.set(bytesOf(array), bodyStart + places[k]!.offset));
  bytes.set(digestOf(bytes.subarray(DIGEST_END)), DIGEST_START);
  return bytes;
}

/**
 * Reads what {@link encodeCheckpoint} wrote.
 *
 * @param owner Whose checkpoint is expected.
 * @returns The value; its arrays are copies.
 * @throws {RangeError} If the bytes are no checkpoint, damaged, or another format's, version's or spec's.
 */
export function decodeCheckpoint(bytes: Uint8Array, owner: CheckpointOwner): CheckpointValue {
  const magic = new TextDecoder().decode(bytes.subarray(0, MAGIC.length));
  if (bytes.length < PREFIX_BYTES || magic !== MAGIC) {
    throw refusal("the bytes are no checkpoint", { rule: `${MAGIC} at their start`, got: `${bytes.length} bytes` });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(MAGIC.length, true);
  if (version !== FORMAT_VERSION) {
    throw refusal("it has another format", { rule: `format ${FORMAT_VERSION}`, got: `format ${version}` });
  }
  const digest = digestOf(bytes.subarray(DIGEST_END));
  if (digest.some((byte, k) => byte !== bytes[DIGEST_START + k])) {
    throw refusal("it is damaged or cut off", { rule: "its checksum", got: `${bytes.length} bytes that differ` });
  }
  const headerEnd = PREFIX_BYTES + view.getUint32(DIGEST_END, true);
  const header: Header = JSON.parse(new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, headerEnd)));
  if (header.specHash !== owner.specHash) {
    throw refusal("it is another run's", { rule: `spec ${owner.specHash}`, got: `spec ${header.specHash}` });
  }
  if (release(header.codeVersion) !== release(owner.codeVersion)) {
    throw refusal("it was written by another version", { rule: owner.codeVersion, got: header.codeVersion });
  }
  const bodyStart = aligned(headerEnd);
  const arrays = header.arrays.map(({ type, offset, length }) => {
    const Type = arrayTypes[type];
    const start = bodyStart + offset;
    // A copy of its own: aligned, and free of the file's bytes.
    return new Type(bytes.slice(start, start + length * Type.BYTES_PER_ELEMENT).buffer);
  });
  return fromPlain(header.value, arrays);
}

function refusal(reason: string, options: { readonly rule: string; readonly got: string }): RangeError {
  return new RangeError(
    `Cannot resume from the checkpoint: ${reason}, expected ${options.rule}, got ${options.got}; ` +
      "start the run afresh to go on",
  );
}

function release(codeVersion: string): string {
  return codeVersion.split("+")[0]!;
}

/** Plain JSON with `{"$array": k}` for arrays and `{"$number": text}` for numbers that JSON lacks. */
function toPlain(value: CheckpointValue, arrays: CheckpointArray[]): unknown {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (isTypedArray(value)) return { $array: arrays.push(value) - 1 };
  if (Array.isArray(value)) return value.map((item) => toPlain(item, arrays));
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new TypeError(
      `Cannot write a checkpoint: a value is not plain, expected numbers, text, records and typed arrays, got ${typeof value}`,
    );
  }
  const record: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    if (name.startsWith("$")) {
      throw new TypeError(`Cannot write a checkpoint: a name is not allowed, expected no $ at its start, got ${name}`);
    }
    record[name] = toPlain(item, arrays);
  }
  return record;
}

function fromPlain(value: unknown, arrays: readonly CheckpointArray[]): CheckpointValue {
  if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string") {
    return value;
  }
  if (Array.isArray(value)) return value.map((item) => fromPlain(item, arrays));
  const record: Record<string, CheckpointValue> = {};
  for (const [name, item] of Object.entries(value as Record<string, unknown>)) {
    if (name === "$array") return arrays[Number(item)]!;
    if (name === "$number") return Number(item);
    record[name] = fromPlain(item, arrays);
  }
  return record;
}

function isTypedArray(value: unknown): value is CheckpointArray {
  return Object.values(arrayTypes).some((Type) => value instanceof Type);
}

function typeNameOf(array: CheckpointArray): ArrayTypeName {
  for (const [name, Type] of Object.entries(arrayTypes)) if (array instanceof Type) return name as ArrayTypeName;
  throw new TypeError("Cannot write a checkpoint: expected a typed array");
}

function bytesOf(array: CheckpointArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}
