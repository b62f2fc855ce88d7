/**
 * ONNX graphs written as protobuf by hand; field numbers are those of onnx.proto (https://github.com/onnx/onnx, IR version 8).
 */
export type Field = readonly [number: number, value: number | string | Uint8Array];

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** One protobuf message: whole numbers as varints, texts and messages with their length. */
export function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
    }),
  );
}

export const type = { float: 1, int64: 7 } as const;

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9. */
export function tensor(name: string, shape: readonly number[], values: Float32Array): Uint8Array {
  return message(...shape.map((size): Field => [1, size]), [2, type.float], [8, name], [9, Buffer.from(values.buffer)]);
}

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5. AttributeProto: name 1, i 3, ints 8, type 20 (2 is INT, 7 is INTS). */
export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
): Uint8Array {
  const fields = Object.entries(attributes).map(([name, value]): Field => {
    const own: readonly Field[] =
      typeof value === 'number'
        ? [
            [3, value],
            [20, 2],
          ]
        : [...value.map((each): Field => [8, each]), [20, 7]];
    return [5, message([1, name], ...own)];
  });
  return message(...inputs.map((input): Field => [1, input]), [2, output], [3, output], [4, operator], ...fields);
}

/** A whole number, or a list of one, as an int64 TensorProto. */
export function whole(name: string, value: number, shape: readonly number[]): Uint8Array {
  return message(...shape.map((size): Field => [1, size]), [2, type.int64], [8, name], [9, Buffer.from([value, 0, 0, 0, 0, 0, 0, 0])]);
}

/** ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8. */
export function model(graph: Uint8Array): Uint8Array {
  return message([1, 8], [2, 'dreamfold'], [7, graph], [8, message([1, ''], [2, 13])]);
}

/** ValueInfoProto: name 1, type 2; a dimension is a name (2) or a size (1). */
export function valueInfo(name: string, elementType: number, shape: readonly (string | number)[]): Uint8Array {
  const sizes = shape.map((size): Field => [1, typeof size === 'string' ? message([2, size]) : message([1, size])]);
  return message([1, name], [2, message([1, message([1, elementType], [2, message(...sizes)])])]);
}
