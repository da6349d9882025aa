// Declared here, since the library of types for it is that of browsers.
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object) => { exports: object };
};

interface Machine {
  memory: { buffer: ArrayBuffer; grow: (pages: number) => void };
  sum: (sizeBytes: number) => bigint;
}

/** Numbers of the hash: digits of pi, of the golden ratio, and those that MurmurHash3 ends with. */
export const HASH_NUMBERS = {
  seed: 0x243f6a8885a308d3n,
  word: 0x9e3779b97f4a7c15n,
  end: [0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n],
} as const;

const PAGE_BYTES = 65_536;
/** The least that is a document: its size, and the end. */
const LEAST_BYTES = 5;

let machine: Machine | undefined;

/**
 * The sum of the hashes of documents that stand one after the other, whole; 64 bits, at some GB/s. JavaScript has no product of 64 bits,
 * and a call into native code costs more than most documents: so the loop over them is a function of WebAssembly.
 *
 * A hash takes in eight bytes at a time by `h = (h ^ bytes) * odd` and `h ^= h >> 32`, the last ones singly, and ends as MurmurHash3 does.
 * No step loses anything, so that a single change always shows.
 *
 * @throws {Error} When the bytes are no documents
 */
export function sumOfHashes(documents: Uint8Array): bigint {
  if (documents.length === 0) return 0n;
  machine ??= makeMachine();
  const { memory, sum } = machine;
  const missingBytes = documents.length - memory.buffer.byteLength;
  if (missingBytes > 0) memory.grow(Math.ceil(missingBytes / PAGE_BYTES));
  new Uint8Array(memory.buffer, 0, documents.length).set(documents);
  return BigInt.asUintN(64, sum(documents.length));
}

// What follows writes the function in the binary format: https://webassembly.github.io/spec/core/binary/instructions.html

const I32 = 0x7f;
const I64 = 0x7e;
const FUNCTION = 0x60;
const SECTION = { types: 1, functions: 3, memory: 5, exports: 7, code: 10 };
const [UNREACHABLE, BLOCK, LOOP, IF, BRANCH, BRANCH_IF, END, NOTHING] = [0, 2, 3, 4, 12, 13, 11, 0x40];
const LOAD = { size: [0x28, 0, 0], word: [0x29, 0, 0], byte: [0x31, 0, 0] };
const [IS_SAME, IS_LESS, IS_MORE, ADD, SUBTRACT] = [0x46, 0x49, 0x4b, 0x6a, 0x6b];
const [ADD_64, MULTIPLY_64, XOR_64, SHIFT_64] = [0x7c, 0x7e, 0x85, 0x88];
/** The parameter, then the variables. */
const [LIMIT, AT, STOP, HASH, SUM] = [0, 1, 2, 3, 4];

function makeMachine(): Machine {
  const variables = list([2, I32], [2, I64]);
  const body = [...variables, ...sumOverDocuments(), END];
  const code = [
    section(SECTION.types, list([FUNCTION, ...list([I32]), ...list([I64])])),
    section(SECTION.functions, list([0])),
    section(SECTION.memory, list([0, 1])),
    section(SECTION.exports, list([...name('memory'), 2, 0], [...name('sum'), 0, 0])),
    section(SECTION.code, list([...unsigned(body.length), ...body])),
  ].flat();
  const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...code));
  return new WebAssembly.Instance(module).exports as Machine;
}

function sumOverDocuments(): number[] {
  const size = [...get(AT), ...LOAD.size];
  const left = [...get(STOP), ...get(AT), SUBTRACT];
  return [
    [LOOP, NOTHING],
    failIf([...size, ...int(LEAST_BYTES), IS_LESS]),
    failIf([...size, ...get(LIMIT), ...get(AT), SUBTRACT, IS_MORE]),
    [...size, ...get(AT), ADD, ...set(STOP)],
    [...long(HASH_NUMBERS.seed), ...set(HASH)],
    until([...left, ...int(8), IS_LESS], takeIn(LOAD.word, 8)),
    until([...get(AT), ...get(STOP), IS_SAME], takeIn(LOAD.byte, 1)),
    ...HASH_NUMBERS.end.map((number) => [...folded(33), ...long(number), MULTIPLY_64, ...set(HASH)]),
    [...folded(33), ...get(SUM), ADD_64, ...set(SUM)],
    [...get(AT), ...get(LIMIT), IS_LESS, BRANCH_IF, 0, END],
    get(SUM),
  ].flat();
}

/** Makes what `load` reads a part of the hash, and goes on behind it. */
function takeIn(load: readonly number[], sizeBytes: number): number[] {
  return [
    [...get(HASH), ...get(AT), ...load, XOR_64],
    [...long(HASH_NUMBERS.word), MULTIPLY_64, ...set(HASH)],
    [...folded(32), ...set(HASH)],
    [...get(AT), ...int(sizeBytes), ADD, ...set(AT)],
  ].flat();
}

/** `h ^ (h >> bits)` */
function folded(bits: number): number[] {
  return [...get(HASH), ...get(HASH), ...long(BigInt(bits)), SHIFT_64, XOR_64];
}

function until(condition: readonly number[], body: readonly number[]): number[] {
  return [BLOCK, NOTHING, LOOP, NOTHING, ...condition, BRANCH_IF, 1, ...body, BRANCH, 0, END, END];
}

function failIf(condition: readonly number[]): number[] {
  return [...condition, IF, NOTHING, UNREACHABLE, END];
}

function get(variable: number): number[] {
  return [0x20, variable];
}

function set(variable: number): number[] {
  return [0x21, variable];
}

function int(number: number): number[] {
  return [0x41, ...signed(BigInt(number))];
}

function long(number: bigint): number[] {
  return [0x42, ...signed(BigInt.asIntN(64, number))];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function list(...entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function name(text: string): number[] {
  return [...unsigned(text.length), ...Buffer.from(text)];
}

function unsigned(number: number): number[] {
  return number < 128 ? [number] : [(number % 128) + 128, ...unsigned(Math.floor(number / 128))];
}

/** Seven bits at a time, the last with the sign. */
function signed(number: bigint): number[] {
  const isLast = number >= -64n && number < 64n;
  return isLast ? [Number(number & 127n)] : [Number(number & 127n) + 128, ...signed(number >> 7n)];
}
