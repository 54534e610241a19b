// Plays one workflow against a server: node contract.mjs URL STYLE WORKFLOW ARGUMENTS, where STYLE names the module
// of the workflows and ARGUMENTS is a JSON array. Workers of two groups and a caller, each with its own connections.
// Prints a JSON line for each step, {"group", "step"}, and at the end {"result"}.

const [url, style, workflow, args] = process.argv.slice(2);
const { Resonate, ...workflows } = await import(`./${style}.mjs`);

// Resolves once the server's stream is open: a message that no stream receives waits until the server sends it again.
function connect(group) {
  return new Promise((resolve) => {
    const info = (_, message) => message === "adapter connected" && resolve(resonate);
    const logger = { debug() {}, info, warn: console.warn, error: console.error };
    const resonate = new Resonate({ url, group, logger });
  });
}

const asked = Promise.withResolvers();

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
const handle = await begin.call(caller, `${style}-${workflow}`, workflow, ...JSON.parse(args), options);
if (workflow === "ask") {
  const data = Buffer.from(JSON.stringify({ page: 7 })).toString("base64");
  await caller.promises.resolve(await asked.promise, { data });
}
console.log(JSON.stringify({ result: await handle.result() }));
await Promise.all([front, back, caller].map((each) => each.stop()));
