// Plays workflows against a server: node contract.mjs URL STYLE, where STYLE names the module of the workflows. Each
// line of standard input is a request, {"workflow", "args"}; at its end the workers stop. Workers of two groups and a
// caller, each with its own connections. Prints a JSON line for each step, {"group", "step"}, and {"result"} after them.

import { createInterface } from "node:readline";

const [url, style] = process.argv.slice(2);
const { Resonate, ...workflows } = await import(`./${style}.mjs`);

// Resolves once the server's stream is open: a message that no stream receives waits until the server sends it again.
function connect(group) {
  return new Promise((resolve) => {
    const info = (_, message) => message === "adapter connected" && resolve(resonate);
    const logger = { debug() {}, info, warn: console.warn, error: console.error };
    const resonate = new Resonate({ url, group, logger });
  });
}

let asked; // of the workflow that is played

async function work(group) {
  const worker = await connect(group);
  worker.setDependency("note", (step) => {
    console.log(JSON.stringify({ group, step }));
    if (step.startsWith("asked:")) asked.resolve(step.slice("asked:".length));
  });
  for (const [name, run] of Object.entries(workflows)) worker.register(name, run);
  return worker;
}

// "default" is the group that this SDK sends a sleep to, whatever the worker's own group is.
const [front, back, caller] = await Promise.all([work("default"), work("back"), connect("callers")]);

const begin = caller.beginRpc ?? caller.rpc; // the generators' entry and the other one name it differently
const options = caller.options({ target: "default" });

async function play(workflow, args) {
  asked = Promise.withResolvers();
  const handle = await begin.call(caller, `${style}-${workflow}`, workflow, ...args, options);
  if (workflow === "ask") {
    const data = Buffer.from(JSON.stringify({ page: 7 })).toString("base64");
    await caller.promises.resolve(await asked.promise, { data });
  }
  return handle.result();
}

for await (const line of createInterface({ input: process.stdin })) {
  const { workflow, args } = JSON.parse(line);
  console.log(JSON.stringify({ result: await play(workflow, args) }));
}
await Promise.all([front, back, caller].map((each) => each.stop()));
