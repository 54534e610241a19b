// The same workflows as async functions, the style of the package's second entry, which has an executor of its own.
export { Resonate } from "@resonatehq/sdk/async";

function step(ctx, name) {
  ctx.getDependency("note")(name);
  return name;
}

export function double(ctx, n) {
  ctx.getDependency("note")(`double-${n}`);
  return 2 * n;
}

export async function fiveSteps(ctx) {
  const names = [];
  for (let n = 0; n < 5; n++) names.push(await ctx.run(step, `step-${n}`));
  return names;
}

export async function doubleElsewhere(ctx, n) {
  return 1 + (await ctx.rpc("double", n, ctx.options({ target: "back" })));
}

export async function fanOut(ctx, width) {
  const futures = [];
  for (let n = 0; n < width; n++) futures.push(ctx.rpc("double", n, ctx.options({ target: "back" })));
  let sum = 0;
  for (const future of futures) sum += await future;
  return sum;
}

export async function nap(ctx, milliseconds) {
  const before = await ctx.run(step, "before");
  await ctx.sleep(milliseconds);
  return [before, await ctx.run(step, "after")];
}

export async function ask(ctx) {
  const promise = ctx.promise({ timeout: 300_000 });
  await ctx.run(step, `asked:${promise.id}`);
  const answer = await promise;
  await ctx.run(step, "answered");
  return answer;
}
