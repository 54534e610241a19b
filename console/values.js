// Values of a document by the names that the API has for them: `amount`, `parties.1`, `metrics.revenue`,
// `line_items.2.price`.

/** @import {Correction, Edits, Evidence, Field, Values} from "./types.js" */

const KINDS_OF_NUMBERS = ["number", "figures"];

/**
 * Return the values of a result by name. Entries of lists and rows of tables have the numbers that their evidence has.
 * @param {{[field: string]: unknown}} data @param {string[]} known the names in the order in which they came
 * @param {string} [prefix] @returns {Values}
 */
export const flatten = (data, known, prefix = "") =>
  Object.assign(
    {},
    ...Object.entries(data).map(([key, value]) => {
      const name = prefix + key;
      if (value === null || typeof value !== "object") return { [name]: value };
      if (!Array.isArray(value)) return flatten(/** @type {Values} */ (value), known, `${name}.`);
      const numbers = listParts(known, name);
      const isKnown = numbers.length === value.length;
      const entries = value.map((one, place) => [isKnown ? numbers[place] : place + 1, one]);
      return flatten(Object.fromEntries(entries), known, `${name}.`);
    }),
  );

/**
 * Return what follows a field's name, once each: numbers of entries, or names of figures.
 * @param {string[]} names @param {string} field
 */
export function listParts(names, field) {
  const parts = names.filter((one) => one.startsWith(`${field}.`)).map((one) => one.slice(field.length + 1));
  return [...new Set(parts.map((one) => one.split(".")[0] ?? ""))];
}

/**
 * Return where a value stands. Entries of a list may have one place together.
 * @param {string} name @param {{[name: string]: Evidence}} evidence
 */
export const findEvidence = (name, evidence) => evidence[name] ?? evidence[name.split(".")[0] ?? ""];

/** Return the number of the next entry of a list. @param {string[]} names @param {string} field */
export const nextNumber = (names, field) => String(1 + Math.max(0, ...listParts(names, field).map(Number)));

/**
 * Return the fields of values whose type is not known: those of a job that is done, or of an older API.
 * @param {Values} values @returns {Field[]}
 */
export function inferFields(values) {
  const names = Object.keys(values);
  return [...new Set(names.map((one) => one.split(".")[0] ?? ""))].map((name) => {
    const parts = listParts(names, name);
    const kind = kindOf(values[parts.length ? `${name}.${parts[0]}` : name]);
    if (!parts.length) return { name, kind };
    if (parts.some((one) => !/^\d+$/.test(one))) return { name, kind: "figures" };
    const columns = [...new Set(parts.flatMap((part) => listParts(names, `${name}.${part}`)))];
    if (!columns.length) return { name, kind, many: true };
    const kinds = columns.map((column) => kindOf(values[`${name}.${parts[0]}.${column}`]));
    return { name, kind: "text", columns: columns.map((column, place) => ({ name: column, kind: kinds[place] ?? "text" })) };
  });
}

/** @param {unknown} value */
const kindOf = (value) => (typeof value === "number" ? "number" : "text");

/**
 * Return the corrections that were typed, as the API takes them. An empty text says that the document has no such value.
 * @param {Edits} edits @param {Values} values @param {Field[]} fields @returns {{[name: string]: string | number | null}}
 */
export const makeCorrections = (edits, values, fields) =>
  Object.fromEntries(
    Object.entries(edits)
      .filter(([name, text]) => name in values || text?.trim())
      .map(([name, text]) => [name, text?.trim() ? readText(text.trim(), findKind(name, fields)) : null]),
  );

/** @param {string} text @param {string} kind */
const readText = (text, kind) => (KINDS_OF_NUMBERS.includes(kind) && Number.isFinite(Number(text)) ? Number(text) : text);

/** @param {string} name @param {Field[]} fields */
function findKind(name, fields) {
  const [first, , column] = name.split(".");
  const field = fields.find((one) => one.name === first);
  return (field?.columns?.find((one) => one.name === column) ?? field)?.kind ?? "text";
}

/**
 * Return findings as a table for a spreadsheet. A text that it would run as a formula begins with an apostrophe.
 * @param {Values} values @param {{[name: string]: Evidence}} evidence @param {{[name: string]: Correction}} corrections
 */
export function makeCsv(values, evidence, corrections) {
  const rows = Object.keys({ ...values, ...corrections }).map((name) => {
    const found = findEvidence(name, evidence);
    const { page, quote, confidence } = found ?? {};
    const first = corrections[name] ? corrections[name].original : values[name];
    return [name, values[name], first, page, quote, confidence, found && found.verified !== false];
  });
  const head = ["field", "value", "found", "page", "quote", "confidence", "verified"];
  return [head, ...rows].map((row) => row.map(quoteCell).join(",")).join("\r\n");
}

/** @param {unknown} value */
function quoteCell(value) {
  if (typeof value === "number") return String(value);
  const text = String(value ?? "");
  return `"${(/^[=+\-@\t\r\n]/.test(text) ? "'" : "") + text.replaceAll('"', '""')}"`;
}
