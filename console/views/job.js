// One job: its state in words, what it does now, what it asks, and what it has found.

import { html, nothing } from "../node_modules/lit-html/lit-html.js";
import { formatMoment, formatSeconds, formatUsd } from "../format.js";
import { costQuestion } from "./cost_question.js";
import { deliveries } from "./deliveries.js";
import { findingsCard, steps } from "./findings.js";
import { pill } from "./list.js";
import { timeline } from "./timeline.js";

/** @import {JobAct} from "../job_page.js" */
/** @import {History, Job, State} from "../types.js" */

/** @param {State} state @param {JobAct} act */
export function job(state, act) {
  if (state.isMissing) {
    return html`<section class="card"><h1>${state.chosen}</h1>
      <p>${state.why}.</p>
      <p class="meta">A job is missing if it never existed, if it was erased, or if its history was deleted.</p>
      <div class="row">${steps(state, act)}</div></section>`;
  }
  if (!state.job) return html`<section class="card"><h1>${state.chosen}</h1><p class="meta">Loading ...</p></section>`;
  return html`
    ${summary(state.job, state, act)}
    ${state.job.question?.reason === "cost" ? costQuestion(state.job.question, state, act) : nothing}
    ${state.findings && !state.job.revokedAt ? findingsCard(state.job, state.findings, state, act) : nothing}
    ${state.deliveries.length ? deliveries(state, act) : nothing}
  `;
}

/** @param {Job} job @param {State} state @param {JobAct} act */
const summary = (job, state, act) => html`
  <section class="card" aria-label="Job">
    <div class="row apart">
      <div class="row"><h1>${job.id}</h1>${pill(job.state)}</div>
      <div class="row">${actions(job, state, act)}</div>
    </div>
    ${job.error ? html`<p class="failed"><code>${job.error.code}</code> ${job.error.message}</p>` : nothing}
    ${job.revokedAt ? html`<p class="failed">Its result was revoked ${formatMoment(job.revokedAt)}: do not use its values.</p>` : nothing}
    ${state.why && !job.error ? html`<p class="why">${state.why}</p>` : nothing}
    <dl class="facts">
      ${fact("Type", job.type)} ${fact("Requester", job.requesterId)} ${fact("Created", formatMoment(job.createdAt))}
      ${job.endedAt ? fact("Took", formatSeconds((Date.parse(job.endedAt) - Date.parse(job.createdAt)) / 1000)) : nothing}
      ${job.retryOf ? fact("Retry of", job.retryOf) : nothing}
      ${state.history ? cost(state.history) : nothing}
      ${job.progress?.pages ? fact("Pages", `${job.progress.pages.done} of ${job.progress.pages.of}`) : nothing}
    </dl>
    ${state.history ? timeline(job, state.history) : nothing}
  </section>
`;

/** What has ended has cost so much, of the limit if there is one. @param {History} history */
const cost = ({ costUsd, limitUsd }) =>
  costUsd || limitUsd !== undefined
    ? fact("Cost", `${formatUsd(costUsd ?? null)}${limitUsd === undefined ? "" : ` of ${formatUsd(limitUsd)}`}`)
    : nothing;

/** @param {string} name @param {string} value */
const fact = (name, value) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

/** What the job's own links allow. @param {Job} job @param {State} state @param {JobAct} act */
const actions = (job, state, act) => html`
  ${job.links.document ? html`<a class="chip" href=${job.links.document} download>Document</a>` : nothing}
  ${job.links.text ? html`<a class="chip" href=${job.links.text} download>Text</a>` : nothing}
  ${job.links.result ? html`<a class="chip" href=${job.links.result} download>Result</a>` : nothing}
  ${job.links.retry ? html`<button class="chip" ?disabled=${state.isBusy} @click=${act.retry}>Try again</button>` : nothing}
  ${job.links.cancel ? html`<button class="chip" ?disabled=${state.isBusy} @click=${act.cancel}>Cancel</button>` : nothing}
`;
