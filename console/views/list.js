// The list of jobs, the newest first, with its filters.

import { html, nothing } from "../node_modules/lit-html/lit-html.js";
import { STATE_WORDS, formatAddress, formatMoment } from "../format.js";

/** @import {Act} from "../app.js" */
/** @import {Bulk, JobState, JobSummary, State} from "../types.js" */

const STATES = [
  ["", "All"],
  ["processing", "Running"],
  ["needsReview", "To review"],
  ["waiting", "Waiting"],
  ["done", "Done"],
  ["failed", "Failed"],
  ["canceled", "Canceled"],
];

const ENDED = new Set(["done", "failed", "canceled"]);
const CAN_RETRY = new Set(["failed", "canceled"]);

/** @param {JobState} state */
export const pill = (state) => html`<span class="pill ${state}">${STATE_WORDS[state] ?? state}</span>`;

/** @param {State} state @param {Act} act */
export const list = (state, act) => html`
  <div class="filters" role="group" aria-label="State">
    ${STATES.map(
      ([name = "", label]) => html`<button
        class="chip"
        aria-pressed=${state.filter.state === name ? "true" : "false"}
        @click=${() => act.filter({ state: name })}
      >
        ${label}
      </button>`,
    )}
  </div>
  <div class="filters">
    ${textFilter("type", "Type", state.filter.type, (type) => act.filter({ type }))}
    ${textFilter("text", "Words of id", state.filter.text, (text) => act.filter({ text }))}
    ${textFilter("requester", "Requester", state.filter.requesterId, (requesterId) => act.filter({ requesterId }))}
  </div>
  ${state.jobs === null ? html`<p class="meta">Loading ...</p>` : jobs(state, withWords(state.jobs, state.filter.text), act)}
`;

/** Return the jobs whose id has all words. @param {JobSummary[]} found @param {string} text */
function withWords(found, text) {
  const words = text.toLowerCase().split(/\s+/);
  return found.filter(({ id }) => words.every((word) => id.toLowerCase().includes(word)));
}

/** @param {string} id @param {string} label @param {string} value @param {(text: string) => void} change */
const textFilter = (id, label, value, change) => html`
  <label class="visually-hidden" for="filter-${id}">${label}</label>
  <input
    id="filter-${id}"
    class="filter"
    type="search"
    placeholder=${label}
    autocomplete="off"
    .value=${value}
    @change=${(/** @type {Event} */ event) => change(/** @type {HTMLInputElement} */ (event.target).value.trim())}
  />
`;

/** @param {State} state @param {JobSummary[]} found @param {Act} act */
const jobs = (state, found, act) => html`
  ${found.length ? bulk(state, found, act) : empty(state)}
  <ul class="jobs">
    ${found.map((one) => row(one, state, act))}
  </ul>
  ${state.cursor ? html`<button class="chip more" @click=${act.more}>Show older jobs</button>` : nothing}
`;

/** @param {State} state */
const empty = ({ filter, cursor }) =>
  Object.values(filter).some(Boolean)
    ? html`<p class="meta">${filter.text && cursor ? "None of the jobs shown fits: older ones may." : "No job fits this filter."}</p>`
    : html`<p class="meta">No jobs yet: drop a file on this page, or send one with <code>./longhand submit FILE</code>.</p>`;

/**
 * The actions on all selected jobs, and the outcome of the last one.
 * @param {State} state @param {JobSummary[]} found @param {Act} act
 */
function bulk({ selected, bulk: last, isBusy }, found, act) {
  const chosen = found.filter(({ id }) => selected.has(id));
  const running = chosen.filter(({ state }) => !ENDED.has(state)).map(({ id }) => id);
  const failed = chosen.filter(({ state }) => CAN_RETRY.has(state)).map(({ id }) => id);
  const areAll = chosen.length === found.length;
  /** @param {string} label @param {string[]} ids @param {(ids: string[]) => void} action */
  const button = (label, ids, action) =>
    ids.length ? html`<button class="chip" ?disabled=${isBusy} @click=${() => action(ids)}>${label}</button>` : nothing;
  return html`
    <div class="filters bulk">
      <label>
        <input type="checkbox" .checked=${areAll} .indeterminate=${chosen.length > 0 && !areAll}
          @change=${() => act.selectAll(areAll ? [] : found.map(({ id }) => id))} />
        ${chosen.length ? `${chosen.length} selected` : "Select all"}
      </label>
      ${button(`Cancel ${running.length}`, running, act.cancelAll)} ${button(`Try ${failed.length} again`, failed, act.retryAll)}
    </div>
    ${last ? outcome(last) : nothing}
  `;
}

/** @param {Bulk} last */
const outcome = ({ done, of, failures }) => html`
  <div class="meta" role="status">
    ${done - failures.length} of ${of} done
    ${failures.length
      ? html`<ul class="failures">${failures.map(({ id, sentence }) => html`<li class="failed">${id}: ${sentence}</li>`)}</ul>`
      : nothing}
  </div>
`;

/** @param {JobSummary} one @param {State} state @param {Act} act */
const row = (one, { chosen, filter, selected }, act) => html`
  <li>
    <input type="checkbox" aria-label="Select ${one.id}" .checked=${selected.has(one.id)}
      @change=${(/** @type {Event} */ event) => act.select(one.id, /** @type {HTMLInputElement} */ (event.target).checked)} />
    <a href=${formatAddress({ chosen: one.id, filter })} aria-current=${one.id === chosen ? "true" : "false"}>
      <span class="name">${one.id}</span>${pill(one.state)}
      <small>${one.type} · ${one.requesterId}</small><small class="when">${formatMoment(one.createdAt)}</small>
    </a>
  </li>
`;
