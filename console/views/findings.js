// What was found in a document, each value beside the words that it stands in; a reviewer corrects and decides here.

import { html, nothing } from "../node_modules/lit-html/lit-html.js";
import { flatten, formatMoment, formatName, formatUsd, formatValue } from "../format.js";
import { sheet } from "./sheet.js";

/** @import {Act} from "../app.js" */
/** @import {Evidence, Job, Result, State} from "../types.js" */

const LOW_CONFIDENCE = 0.8;
const PERCENT = 100;

/** @param {Job} job @param {Result} result @param {State} state @param {Act} act */
export function findings(job, result, state, act) {
  const isReview = job.question?.reason === "review";
  const values = flatten(result.extractedData);
  const names = Object.keys(values);
  return html`
    <section class="card" aria-label="Findings">
      <h2>${isReview ? "To review" : "Found"}</h2>
      <p>${result.summary}</p>
      ${result.warnings?.length ? html`<ul class="warnings">${result.warnings.map((one) => html`<li>${one}</li>`)}</ul>` : nothing}
      <div class="review">
        ${result.pageCount ? sheet(result, state, act) : nothing}
        <form @submit=${(/** @type {SubmitEvent} */ event) => approve(event, job, result, state, act)}>
        ${names.length ? html`<div class="fields">${names.map((name) => field(name, values[name], result.evidence?.[name], isReview, state, act))}</div>` : html`<p class="meta">No field was found with certainty.</p>`}
        ${isReview ? decision(job, state, act) : nothing}
        </form>
      </div>
      ${result.analyzer ? html`<p class="meta">Analyzer ${result.analyzer} · cost ${formatUsd(result.costUsd ?? null)}</p>` : nothing}
    </section>
  `;
}

/**
 * @param {string} name @param {unknown} value @param {Evidence | undefined} evidence @param {boolean} isReview
 * @param {State} state @param {Act} act
 */
function field(name, value, evidence, isReview, state, act) {
  const before = formatValue(value);
  const canEdit = isReview && typeof value !== "object";
  return html`
    <div class="field ${name in state.edits ? "changed" : ""} ${state.pointed === name ? "pointed" : ""}">
      <label for="field-${name}">${formatName(name)} ${doubt(evidence)}</label>
      <input
        id="field-${name}"
        ?readonly=${!canEdit}
        .value=${state.edits[name] ?? before}
        aria-describedby="evidence-${name}"
        @focus=${() => act.point(name, evidence?.page)}
        @input=${(/** @type {Event} */ event) => act.edit(name, /** @type {HTMLInputElement} */ (event.target).value, before)}
      />
      <small id="evidence-${name}">${evidence ? html`page ${evidence.page}: “${evidence.quote}”` : "no single place"}</small>
    </div>
  `;
}

/** @param {Evidence | undefined} evidence */
function doubt(evidence) {
  if (evidence?.verified === false) return html`<span class="failed">not verified</span>`;
  const confidence = evidence?.confidence;
  return confidence !== undefined && confidence < LOW_CONFIDENCE
    ? html`<span class="waiting">${Math.round(confidence * PERCENT)} % sure</span>`
    : nothing;
}

/** @param {Job} job @param {State} state @param {Act} act */
function decision(job, state, act) {
  const count = Object.keys(state.edits).length;
  const question = /** @type {NonNullable<Job["question"]>} */ (job.question);
  return html`
    <div class="row">
      <button class="button" ?disabled=${state.isBusy}>
        ${count ? `Approve with ${count} correction${count > 1 ? "s" : ""}` : "Approve"}
      </button>
      <button class="chip" type="button" ?disabled=${state.isBusy} @click=${() => act.decide(question, { approve: false })}>Reject</button>
      <span class="meta">until ${formatMoment(question.until)}</span>
    </div>
  `;
}

/** @param {SubmitEvent} event @param {Job} job @param {Result} result @param {State} state @param {Act} act */
function approve(event, job, result, state, act) {
  event.preventDefault();
  if (job.question?.reason !== "review") return;
  const values = flatten(result.extractedData);
  const corrections = Object.fromEntries(
    Object.entries(state.edits).map(([name, text]) => [name, readValue(text, values[name])]),
  );
  act.decide(job.question, { approve: true, ...(Object.keys(corrections).length && { corrections }) });
}

/** Return what was typed as the kind of value that it corrects. @param {string} text @param {unknown} before */
const readValue = (text, before) => (typeof before === "number" && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
