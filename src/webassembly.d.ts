/** The part of the WebAssembly interface that Node has and its types leave out (https://webassembly.github.io/spec/js-api). */
declare namespace WebAssembly {
  function validate(bytes: Uint8Array): boolean;
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    readonly exports: Readonly<Record<string, unknown>>;
    constructor(module: Module, imports?: Readonly<Record<string, unknown>>);
  }
  class Memory {
    constructor(size: { readonly initial: number; readonly maximum: number; readonly shared: boolean });
    /** Detached by `grow`, unless the memory is shared: then it stays, at its old length. */
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
}
