/** What kind of library it is; `generic` is any other with the standard C interface. */
export type BlasKind = "OpenBLAS" | "MKL" | "BLIS" | "Accelerate" | "generic";

/** C[m, n] = op(A)[m, k] · op(B)[k, n], float32 and row-major; op is the identity or a transpose. Addresses of memory. */
export interface BlasProduct extends BlasTransposes {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Which operands of a product are transposed. */
export interface BlasTransposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A matrix library of the system, opened through Deno's FFI. */
export interface SystemBlas {
  readonly kind: BlasKind;
  /** What it says of itself, such as `OpenBLAS 0.3.21`; no path. */
  readonly version: string;
  /** Name or path that it was opened by. */
  readonly library: string;
  /** Threads a product uses; null where the library cannot be told. */
  readonly threads: number | null;
  /** Multiplies on a WebAssembly memory, in which the addresses lie. */
  multiply(memory: WebAssembly.Memory, product: BlasProduct): void;
  close(): void;
}

/** What a search found. */
export interface BlasSearch {
  /** The caller closes it. */
  readonly blas: SystemBlas | null;
  /** Why there is none; empty where there is one. */
  readonly reason: string;
}

/** Where to look. */
export interface BlasSearchOptions {
  /** A library's name or path, instead of the usual ones. */
  readonly library?: string;
  /** Threads of a product; 1 unless given, as each run has a process and a core of its own. */
  readonly threads?: number;
}

/** Names by which dynamic linkers know the libraries, best first. */
export function blasLibraryNames(os: typeof Deno.build.os): readonly string[] {
  switch (os) {
    case "darwin":
      return [
        "/System/Library/Frameworks/Accelerate.framework/Accelerate",
        "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
        "/usr/local/opt/openblas/lib/libopenblas.dylib",
        ...["libopenblas.dylib", "libmkl_rt.2.dylib", "libblis.dylib"],
      ];
    case "windows":
      return ["libopenblas.dll", "openblas.dll", "mkl_rt.2.dll", "mkl_rt.dll", "libblis.dll"];
    default:
      return [
        ...["libmkl_rt.so.2", "libmkl_rt.so", "/opt/intel/oneapi/mkl/latest/lib/libmkl_rt.so.2"],
        ...["libopenblas.so.0", "libopenblas.so", "/opt/OpenBLAS/lib/libopenblas.so"],
        ...["libblis.so.4", "libblis.so.3", "libblis.so", "libcblas.so.3", "libblas.so.3"],
      ];
  }
}

/**
 * Opens the first library that is there. Never asks for a permission: without `--allow-ffi` there is none.
 *
 * @returns The library, or the reason why there is none.
 */
export function findSystemBlas(options: BlasSearchOptions = {}): BlasSearch {
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return { blas: null, reason: "calling system libraries is not allowed; run with --allow-ffi" };
  }
  const names = options.library === undefined ? blasLibraryNames(Deno.build.os) : [options.library];
  for (const name of names) {
    const blas = open(name, options.threads ?? 1);
    if (blas) return { blas, reason: "" };
  }
  return {
    blas: null,
    reason: options.library === undefined
      ? "no OpenBLAS, MKL, BLIS or Accelerate was found"
      : `${options.library} cannot be opened as a library with cblas_sgemm`,
  };
}

/**
 * Opens a library that must be there.
 *
 * @throws {RangeError} If it is not, or has no `cblas_sgemm`.
 */
export function openSystemBlas(library: string, options: { readonly threads?: number } = {}): SystemBlas {
  const { blas, reason } = findSystemBlas({ ...options, library });
  if (blas) return blas;
  throw new RangeError(
    `Cannot use a system BLAS: ${reason}, expected auto, off or a shared library such as libopenblas.so.0, ` +
      `got "${library}"`,
  );
}

const ROW_MAJOR = 101;
const NO_TRANSPOSE = 111;
const TRANSPOSE = 112;

const int = "i32";
const symbols = {
  cblas_sgemm: {
    parameters: [int, int, int, int, int, int, "f32", "usize", int, "usize", int, "f32", "usize", int],
    result: "void",
  },
  openblas_get_config: { parameters: [], result: "pointer", optional: true },
  openblas_get_corename: { parameters: [], result: "pointer", optional: true },
  openblas_set_num_threads: { parameters: [int], result: "void", optional: true },
  MKL_Get_Version_String: { parameters: ["buffer", int], result: "void", optional: true },
  MKL_Set_Num_Threads: { parameters: [int], result: "void", optional: true },
  MKL_CBWR_Set: { parameters: [int], result: int, optional: true },
  bli_info_get_version_str: { parameters: [], result: "pointer", optional: true },
  bli_thread_set_num_threads: { parameters: ["i64"], result: "void", optional: true },
} as const satisfies Deno.ForeignLibraryInterface;

type Library = Deno.DynamicLibrary<typeof symbols>;

function open(library: string, threads: number): SystemBlas | null {
  let opened: Library;
  try {
    opened = Deno.dlopen(library, symbols);
  } catch {
    return null; // Not there, or without the C interface: the next one may be.
  }
  const sgemm = opened.symbols.cblas_sgemm;
  return {
    ...describe(opened, { library, threads }),
    library,
    multiply(memory, { a, b, c, m, n, k, transposeA, transposeB }) {
      const base = baseOf(memory);
      sgemm(
        ...[ROW_MAJOR, transposeA ? TRANSPOSE : NO_TRANSPOSE, transposeB ? TRANSPOSE : NO_TRANSPOSE] as const,
        ...[m, n, k, 1, base + BigInt(a), transposeA ? m : k, base + BigInt(b), transposeB ? k : n] as const,
        ...[0, base + BigInt(c), n] as const,
      );
    },
    close: () => opened.close(),
  };
}

/** Tells what a library is, and sets its threads. */
function describe(
  { symbols }: Library,
  { library, threads }: { readonly library: string; readonly threads: number },
): Pick<SystemBlas, "kind" | "version" | "threads"> {
  if (symbols.openblas_get_config) {
    symbols.openblas_set_num_threads?.(threads);
    const release = /OpenBLAS \S+/.exec(textAt(symbols.openblas_get_config()))?.[0] ?? "OpenBLAS";
    const core = symbols.openblas_get_corename ? textAt(symbols.openblas_get_corename()) : "";
    return { kind: "OpenBLAS", version: core === "" ? release : `${release} (${core})`, threads };
  }
  if (symbols.MKL_Get_Version_String) {
    // Same bits wherever the numbers lie (MKL_CBWR_AUTO); must come before any product.
    symbols.MKL_CBWR_Set?.(2);
    symbols.MKL_Set_Num_Threads?.(threads);
    const buffer = new Uint8Array(200);
    symbols.MKL_Get_Version_String(buffer, buffer.length);
    const text = new TextDecoder().decode(buffer).replace(/[\0\s]+$/, "");
    return { kind: "MKL", version: `MKL ${/Version (\S+)/.exec(text)?.[1] ?? text}`, threads };
  }
  if (symbols.bli_info_get_version_str) {
    symbols.bli_thread_set_num_threads?.(BigInt(threads));
    return { kind: "BLIS", version: `BLIS ${textAt(symbols.bli_info_get_version_str())}`, threads };
  }
  if (/Accelerate/.test(library)) return { kind: "Accelerate", version: "Accelerate", threads: null };
  return { kind: "generic", version: "BLAS of unknown make", threads: null };
}

function textAt(pointer: Deno.PointerValue): string {
  return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer).trim();
}

const bases = new WeakMap<ArrayBufferLike, bigint>();

/** Address of a memory's first byte. A memory that grows gets a new buffer, and with it a new entry here. */
function baseOf(memory: WebAssembly.Memory): bigint {
  const { buffer } = memory;
  const known = bases.get(buffer);
  if (known !== undefined) return known;
  const base = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(new Uint8Array(buffer as ArrayBuffer))));
  bases.set(buffer, base);
  return base;
}
