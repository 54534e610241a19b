// The workflows as generators, the style of the package's main entry, as a user of it would write them.
export { Resonate } from "@resonatehq/sdk";

function step(ctx, name) {
  ctx.getDependency("note")(name);
  return name;
}

export function double(ctx, n) {
  ctx.getDependency("note")(`double-${n}`);
  return 2 * n;
}

export function* fiveSteps(ctx) {
  const names = [];
  for (let n = 0; n < 5; n++) names.push(yield* ctx.run(step, `step-${n}`));
  return names;
}

export function* doubleElsewhere(ctx, n) {
  return 1 + (yield* ctx.rpc("double", n, ctx.options({ target: "back" })));
}

export function* fanOut(ctx, width) {
  const futures = [];
  for (let n = 0; n < width; n++) futures.push(yield* ctx.beginRpc("double", n, ctx.options({ target: "back" })));
  let sum = 0;
  for (const future of futures) sum += yield* future;
  return sum;
}

export function* nap(ctx, milliseconds) {
  const before = yield* ctx.run(step, "before");
  yield* ctx.sleep(milliseconds);
  return [before, yield* ctx.run(step, "after")];
}

export function* ask(ctx) {
  const promise = yield* ctx.promise({ timeout: 300_000 });
  yield* ctx.run(step, `asked:${promise.id}`);
  const answer = yield* promise;
  yield* ctx.run(step, "answered");
  return answer;
}
