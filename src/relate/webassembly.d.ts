/** The part of the WebAssembly interface that Node has and its types leave out (https://webassembly.github.io/spec/js-api). */
declare namespace WebAssembly {
  function validate(bytes: Uint8Array): boolean;
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    readonly exports: Readonly<Record<string, unknown>>;
    constructor(module: Module);
  }
  class Memory {
    /** Detached by `grow`. */
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
}
