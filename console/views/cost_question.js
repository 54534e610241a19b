// The question of a job that would cost more than its limit.

import { html } from "../node_modules/lit-html/lit-html.js";
import { formatMoment } from "../format.js";

/** @import {JobAct} from "../job_page.js" */
/** @import {Question, State} from "../types.js" */

/** @param {Question} question @param {State} state @param {JobAct} act */
export const costQuestion = (question, state, act) => html`
  <section class="card question" aria-label="Decision">
    <h2>This job needs a higher limit</h2>
    <p>${question.message}</p>
    <form class="row" @submit=${(/** @type {SubmitEvent} */ event) => raise(event, question, act)}>
      <label for="limit">New limit of the job in USD</label>
      <input id="limit" name="limit" type="number" min="0" step="any" required />
      <button class="button" ?disabled=${state.isBusy}>Raise the limit</button>
      <button class="chip" type="button" ?disabled=${state.isBusy} @click=${() => act.decide(question, { approve: false })}>
        Reject
      </button>
    </form>
    <p class="meta">Without an answer the job fails on ${formatMoment(question.until)}.</p>
  </section>
`;

/** @param {SubmitEvent} event @param {Question} question @param {JobAct} act */
function raise(event, question, act) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
  act.decide(question, { approve: true, maxCostUsd: Number(form.get("limit")) });
}
