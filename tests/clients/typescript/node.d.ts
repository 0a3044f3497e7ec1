// The parts of Node that the flow uses, so that it needs no package of types.
declare module "node:assert/strict" {
  interface Assert {
    equal(actual: unknown, expected: unknown): void;
    deepEqual(actual: unknown, expected: unknown): void;
    ok(value: unknown): asserts value;
  }
  const assert: Assert;
  export default assert;
}
declare module "node:process" {
  const process: { env: Record<string, string | undefined> };
  export default process;
}
