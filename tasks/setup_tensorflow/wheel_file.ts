import { createWriteStream } from "node:fs";
import { type FileHandle, mkdir, open, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Writable } from "node:stream";
import { configure, type FileEntry, Reader, ZipReader } from "@zip.js/zip.js";
import { messageOf } from "../../lib/core/errors.ts";

// One file at a time: workers would cost more than they save.
configure({ useWebWorkers: false });

/** A Python wheel, that is a ZIP archive, which stays open until {@link WheelFile.close}. */
export class WheelFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #entries: ReadonlyMap<string, FileEntry>;

  private constructor(path: string, options: { handle: FileHandle; entries: ReadonlyMap<string, FileEntry> }) {
    this.path = path;
    this.#handle = options.handle;
    this.#entries = options.entries;
  }

  /**
   * Opens a wheel and reads its list of files.
   *
   * @throws {RangeError} If it is not a whole archive.
   */
  static async open(path: string): Promise<WheelFile> {
    const handle = await open(path);
    try {
      const listed = await new ZipReader(new HandleReader(handle, (await handle.stat()).size)).getEntries();
      const files = listed.flatMap((entry) => entry.directory ? [] : [[entry.filename, entry] as const]);
      return new WheelFile(path, { handle, entries: new Map(files) });
    } catch (error) {
      await handle.close();
      throw new RangeError(
        `Cannot read ${basename(path)}: ${messageOf(error)}, expected a whole wheel (delete it to download it again)`,
      );
    }
  }

  /** Names of its files, as paths with slashes. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** A small text in it. */
  async text(name: string): Promise<string> {
    return new TextDecoder().decode(await this.#entry(name).arrayBuffer({ checkSignature: true }));
  }

  /** Unpacks a file into a folder under its own name, whole or not at all. */
  async extract(name: string, folder: string): Promise<void> {
    const target = join(folder, name);
    await mkdir(dirname(target), { recursive: true });
    await this.#entry(name).getData(Writable.toWeb(createWriteStream(`${target}.partial`)), { checkSignature: true });
    await rename(`${target}.partial`, target);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #entry(name: string): FileEntry {
    const entry = this.#entries.get(name);
    if (!entry) throw new RangeError(`Cannot read ${basename(this.path)}: it has no ${name}, expected a wheel with it`);
    return entry;
  }
}

/** What zip.js reads: parts of a file of any size. */
class HandleReader extends Reader<FileHandle> {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, sizeBytes: number) {
    super(handle);
    this.#handle = handle;
    this.size = sizeBytes;
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.min(length, this.size - index));
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, index);
    return bytes.subarray(0, bytesRead);
  }
}
