// What was found in a document, each value beside the words that it stands in; a reviewer corrects and decides here.

import { html, nothing } from "../node_modules/lit-html/lit-html.js";
import { formatAddress, formatMoment, formatName, formatUsd } from "../format.js";
import { fieldEditor } from "./editors.js";
import { sheet } from "./sheet.js";

/** @import {JobAct} from "../job_page.js" */
/** @import {Findings, Job, Question, State} from "../types.js" */

/** @param {Job} job @param {Findings} findings @param {State} state @param {JobAct} act */
export function findingsCard(job, findings, state, act) {
  const question = job.question?.reason === "review" ? job.question : null;
  // What was typed for a question that has its answer is shown apart: the values are those of the result.
  const form = { findings, edits: question ? state.edits : {}, isReview: question !== null, state, act };
  const fields = findings.fields.map((field) => fieldEditor(field, form));
  return html`
    <section class="card" aria-label="Findings">
      <div class="row apart">
        <h2>${question ? "To review" : "Found"}</h2>
        <div class="row">${question ? steps(state, act) : html`<button class="chip" @click=${act.saveCsv}>CSV</button>`}</div>
      </div>
      <p>${findings.summary}</p>
      ${findings.warnings?.length ? html`<ul class="warnings">${findings.warnings.map((one) => html`<li>${one}</li>`)}</ul>` : nothing}
      ${question ? nothing : unsent(state, act)}
      <div class="review">
        ${findings.pageCount ? sheet(findings, state, act) : nothing}
        <form
          @submit=${(/** @type {SubmitEvent} */ event) => {
            event.preventDefault();
            if (question) act.approve(question, findings);
          }}
        >
          ${fields.some((one) => one !== nothing)
            ? html`<div class="fields">${fields}</div>`
            : html`<p class="meta">No field was found with certainty.</p>`}
          ${question ? decision(question, state, act) : nothing}
        </form>
      </div>
      ${findings.analyzer ? html`<p class="meta">${describeOrigin(findings)}</p>` : nothing}
    </section>
  `;
}

/** Say who has found the values, at what cost, and who has reviewed them. @param {Findings} findings */
function describeOrigin({ analyzer, costUsd, review }) {
  const by = review?.reviewer ? ` by ${review.reviewer}` : "";
  const reviewed = review ? [`${review.decision.replace("_", " ")}${by} ${formatMoment(review.at)}`, review.comment] : [];
  return [`Analyzer ${analyzer}`, `cost ${formatUsd(costUsd ?? null)}`, ...reviewed].filter(Boolean).join(" · ");
}

/** The way through all that wait for a review; each step has a key, too. @param {State} state @param {JobAct} act */
export function steps({ queue, chosen, filter }, act) {
  const place = queue.indexOf(String(chosen));
  /** @param {string} label @param {string} key @param {string | undefined} id */
  const link = (label, key, id) =>
    id && id !== chosen
      ? html`<a class="chip" href=${formatAddress({ chosen: id, filter })} aria-keyshortcuts=${key} title=${key}
          @click=${act.focusNext}>${label}</a>`
      : nothing;
  return html`
    ${place < 0 ? nothing : html`<span class="meta">${place + 1} of ${queue.length}</span>`}
    ${link("Previous", "Alt+P", queue[place - 1])} ${link("Next to review", "Alt+N", queue[place + 1] ?? queue[0])}
  `;
}

/** What was typed for a question that another one has answered. @param {State} state @param {JobAct} act */
const unsent = ({ edits }, act) =>
  Object.keys(edits).length
    ? html`<div class="notice" role="note">
        <p>You typed corrections that were not sent:</p>
        <ul>${Object.entries(edits).map(([name, text]) => html`<li>${formatName(name)}: ${text ?? "removed"}</li>`)}</ul>
        <button class="chip" @click=${act.discard}>Forget them</button>
      </div>`
    : nothing;

/** @param {Question} question @param {State} state @param {JobAct} act */
function decision(question, state, act) {
  const count = Object.keys(state.edits).length;
  return html`
    <div class="row decision">
      <button class="button" ?disabled=${state.isBusy}>
        ${count ? `Approve with ${count} correction${count > 1 ? "s" : ""}` : "Approve"}
      </button>
      <button class="chip" type="button" ?disabled=${state.isBusy} @click=${() => act.decide(question, { approve: false })}>Reject</button>
      <label class="meta" for="reviewer">as</label>
      <input id="reviewer" placeholder="your name" maxlength="256" autocomplete="name" .value=${state.reviewer}
        @change=${(/** @type {Event} */ { target }) => act.nameReviewer(/** @type {HTMLInputElement} */ (target).value)} />
      <span class="meta">until ${formatMoment(question.until)}</span>
    </div>
  `;
}
