// Lists the routes of /openapi.json, and sends requests to them. Text of the API is only ever set as text.
"use strict";

const METHODS = ["get", "post", "put", "delete"];
const MAX_DEPTH = 6; // of an example: schemas may contain themselves

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function resolve(schema, api) {
  const name = schema?.$ref?.split("/").pop();
  return name ? api.components.schemas[name] : schema;
}

// A value that the schema allows, for the required fields only.
function makeExample(given, api, depth = 0) {
  const schema = resolve(given, api) ?? {};
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const one = (schema.anyOf ?? schema.oneOf ?? []).find((other) => other.type !== "null");
  if (one && !schema.properties) return depth < MAX_DEPTH ? makeExample(one, api, depth + 1) : null;
  switch (schema.type) {
    case "object": {
      const names = depth < MAX_DEPTH ? (schema.required ?? []) : [];
      return Object.fromEntries(names.map((name) => [name, makeExample(schema.properties[name], api, depth + 1)]));
    }
    case "array": return [];
    case "integer": case "number": return schema.minimum ?? 0;
    case "boolean": return false;
    default: return "";
  }
}

function makeField(parameter) {
  const { name, schema = {}, required = false, description = "" } = parameter;
  const values = schema.type === "boolean" ? ["", "true", "false"] : schema.enum && ["", ...schema.enum];
  const input = values
    ? make("select", { name, required }, ...values.map((value) => make("option", { value, textContent: value })))
    : make("input", { name, required, autocomplete: "off" });
  const place = parameter.in === "path" ? "in the path" : "parameter";
  return make("label", {}, `${name} (${place}${required ? "" : ", optional"}) ${description}`, input);
}

function makeUrl(path, parameters, form) {
  const value = (one) => form.elements[one.name].value;
  const filled = parameters.filter((one) => one.in === "path")
    .reduce((url, one) => url.replace(`{${one.name}}`, encodeURIComponent(value(one))), path);
  const query = new URLSearchParams(
    parameters.filter((one) => one.in === "query" && value(one)).map((one) => [one.name, value(one)]));
  return query.size ? `${filled}?${query}` : filled;
}

function format(text, type) {
  try {
    return type.includes("json") ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } catch {
    return text;
  }
}

async function send(method, url, body, output) {
  output.hidden = false;
  output.textContent = "...";
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  try {
    const response = await fetch(url, { method, headers, body });
    const shown = ["content-type", "location", "retry-after", "etag"]
      .filter((name) => response.headers.has(name)).map((name) => `${name}: ${response.headers.get(name)}`);
    const text = format(await response.text(), response.headers.get("content-type") ?? "");
    output.textContent = `${method} ${url}\n${response.status} ${response.statusText}\n${shown.join("\n")}\n\n${text}`;
  } catch (error) {
    output.textContent = `${method} ${url}\nno answer: ${error.message}`;
  }
}

function makeRoute(api, path, name, route) {
  const method = name.toUpperCase();
  const parameters = route.parameters ?? [];
  const schema = route.requestBody?.content?.["application/json"]?.schema;
  const form = make("form", {}, ...parameters.map(makeField));
  if (schema) {
    const example = JSON.stringify(makeExample(schema, api), null, 2);
    form.append(make("label", {}, "body", make("textarea", { name: "body", value: example, spellcheck: false })));
  }
  const output = make("pre", { hidden: true });
  output.setAttribute("aria-live", "polite");
  form.append(make("button", { textContent: "Send" }), output);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(method, makeUrl(path, parameters, form), schema ? form.elements.body.value : undefined, output);
  });
  const title = make("summary", {},
    make("span", { className: `method ${method}`, textContent: method }),
    make("code", { textContent: path }),
    make("span", { textContent: route.summary }));
  return make("details", { id: route.operationId }, title, form);
}

async function show() {
  const api = await (await fetch("/openapi.json")).json();
  document.getElementById("about").textContent = api.info.description;
  for (const [path, routes] of Object.entries(api.paths)) {
    for (const name of METHODS.filter((method) => routes[method])) {
      document.getElementById("routes").append(makeRoute(api, path, name, routes[name]));
    }
  }
}

show();
