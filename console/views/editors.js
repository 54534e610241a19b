// The fields of a document: an editor for each kind of value, lists and tables with rows. Read only unless in a review.

import { html, nothing } from "../node_modules/lit-html/lit-html.js";
import { formatName, formatValue } from "../format.js";
import { findEvidence, listParts } from "../values.js";

/** @import {JobAct} from "../job_page.js" */
/** @import {Edits, Evidence, Field, Findings, State} from "../types.js" */

const LOW_CONFIDENCE = 0.8;
const PERCENT = 100;
/** @type {{[kind: string]: {type?: string, step?: string, pattern?: string, title?: string}}} */
const INPUTS = {
  number: { type: "number", step: "any" },
  figures: { type: "number", step: "any" },
  date: { type: "date" },
  currency: { pattern: "[A-Z]{3}", title: "three capital letters such as EUR" },
};

/**
 * What an editor needs.
 * @typedef {{findings: Findings, edits: Edits, isReview: boolean, state: State, act: JobAct}} Form
 */

/** @param {Field} field @param {Form} form */
export function fieldEditor(field, form) {
  const parts = listParts(Object.keys({ ...form.findings.values, ...form.edits }), field.name);
  if (field.columns) return table(field, parts, form);
  if (field.kind === "figures" || field.many) return entries(field, parts, form);
  return field.name in form.findings.values || form.isReview ? single(field.name, formatName(field.name), field, form) : nothing;
}

/**
 * @param {string} name @param {string} label @param {{kind: string, choices?: string[]}} column @param {Form} form
 * @param {unknown} [remove] the button that removes it
 */
function single(name, label, column, form, remove = nothing) {
  const { edits, findings } = form;
  return html`
    <div class="field ${name in edits ? "changed" : ""}">
      <label for="field-${name}">${label} ${doubt(findEvidence(name, findings.evidence))}</label>
      <div class="entry">${input(name, column, form)}${remove}</div>
      <small id="evidence-${name}">${proof(name, findings)}</small>
    </div>
  `;
}

/** @param {Field} field @param {string[]} parts @param {Form} form */
function entries(field, parts, form) {
  if (!parts.length && !form.isReview) return nothing;
  const label = formatName(field.name);
  return html`
    <fieldset>
      <legend>${label}</legend>
      ${parts.map((part) => {
        const name = `${field.name}.${part}`;
        return single(name, field.many ? `${label} ${part}` : formatName(part), field, form, remover(name, form));
      })}
      ${form.isReview ? adder(field, form) : nothing}
    </fieldset>
  `;
}

/** @param {Field} field @param {string[]} parts @param {Form} form */
function table(field, parts, form) {
  if (!parts.length && !form.isReview) return nothing;
  const { columns = [], name } = field;
  const pointed = columns.length && form.state.pointed?.startsWith(`${name}.`) ? form.state.pointed : null;
  return html`
    <fieldset>
      <legend>${formatName(name)}</legend>
      ${parts.length
        ? html`<div class="scroll"><table>
            <thead><tr>
              ${columns.map((one) => html`<th scope="col" class=${one.kind}>${formatName(one.name)}</th>`)}
              ${form.isReview ? html`<td></td>` : nothing}
            </tr></thead>
            <tbody>${parts.map((part) => row(field, part, form))}</tbody>
          </table></div>`
        : nothing}
      <small>${pointed ? proof(pointed, form.findings) : nothing}</small>
      ${form.isReview ? adder(field, form) : nothing}
    </fieldset>
  `;
}

/** @param {Field} field @param {string} part @param {Form} form */
const row = ({ name, columns = [] }, part, form) => html`
  <tr class=${columns.some((one) => `${name}.${part}.${one.name}` in form.edits) ? "changed" : ""}>
    ${columns.map((one) => {
      const label = `${formatName(name)} ${part}: ${formatName(one.name)}`;
      return html`<td class=${one.kind}>${input(`${name}.${part}.${one.name}`, one, form, label)}</td>`;
    })}
    ${form.isReview ? html`<td>${remover(`${name}.${part}`, form)}</td>` : nothing}
  </tr>
`;

/** @param {string} name @param {{kind: string, choices?: string[]}} column @param {Form} form @param {string} [label] of a cell */
function input(name, { kind, choices }, { findings, edits, isReview, act }, label) {
  const before = formatValue(findings.values[name]);
  const text = edits[name] === null ? "" : (edits[name] ?? before);
  const point = () => act.point(name, findEvidence(name, findings.evidence)?.page);
  /** @param {Event} event what is half typed, such as a date without its year, is no value yet */
  const edit = ({ target }) => {
    const { value, validity } = /** @type {HTMLInputElement} */ (target);
    if (!validity.badInput) act.edit(name, value, before);
  };
  const isReadonly = !isReview || edits[name] === null;
  if (choices && isReview) {
    return html`<select id="field-${name}" aria-label=${label ?? nothing} ?disabled=${isReadonly} @focus=${point} @change=${edit}>
      ${["", ...choices].map((one) => html`<option value=${one} ?selected=${one === text}>${one}</option>`)}
    </select>`;
  }
  const { type = "text", step, pattern, title } = (isReview && INPUTS[kind]) || {};
  return html`<input
    id="field-${name}" type=${type} step=${step ?? nothing} pattern=${pattern ?? nothing} title=${title ?? nothing}
    aria-label=${label ?? nothing} aria-describedby=${label ? nothing : `evidence-${name}`} ?readonly=${isReadonly}
    .value=${text} @focus=${point} @input=${edit} />`;
}

/** @param {string} entry @param {Form} form */
function remover(entry, { isReview, edits, act }) {
  if (!isReview) return nothing;
  const isRemoved = Object.entries(edits).some(([name, text]) => text === null && `${name}.`.startsWith(`${entry}.`));
  const [label, sign, action] = isRemoved ? ["Restore", "↺", act.restore] : ["Remove", "×", act.remove];
  const title = `${label} ${formatName(entry)}`;
  return html`<button class="icon" type="button" title=${title} aria-label=${title} @click=${() => action(entry)}>${sign}</button>`;
}

/** A button that adds an entry; a figure needs its name first. @param {Field} field @param {Form} form */
function adder(field, { act }) {
  const label = field.columns ? "Add a row" : "Add";
  if (field.kind !== "figures") return html`<button class="chip" type="button" @click=${() => act.add(field)}>${label}</button>`;
  /** @param {MouseEvent} event */
  const add = ({ target }) => {
    const box = /** @type {HTMLInputElement} */ (/** @type {HTMLElement} */ (target).previousElementSibling);
    const name = box.value.trim().toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 40);
    if (name) act.add(field, name);
    box.value = "";
  };
  return html`<div class="entry">
    <input aria-label="Name of a new figure" placeholder="name" maxlength="40" />
    <button class="chip" type="button" @click=${add}>${label}</button>
  </div>`;
}

/** What a value stands on: its quote, or the reviewer who has changed it. @param {string} name @param {Findings} findings */
function proof(name, { evidence, review }) {
  const [found, correction] = [findEvidence(name, evidence), review?.corrections?.[name]];
  const quote = found ? html`page ${found.page}: “${found.quote}”` : nothing;
  if (!correction) return quote;
  const by = review?.reviewer ? ` by ${review.reviewer}` : "";
  return html`<span class="waiting">was ${formatValue(correction.original) || "empty"}, corrected${by}</span> ${quote}`;
}

/** @param {Evidence | undefined} evidence */
function doubt(evidence) {
  if (evidence?.verified === false) return html`<span class="failed">not verified</span>`;
  const confidence = evidence?.confidence;
  return confidence !== undefined && confidence < LOW_CONFIDENCE
    ? html`<span class="waiting">${Math.round(confidence * PERCENT)} % sure</span>`
    : nothing;
}
