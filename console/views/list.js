// The list of jobs, the newest first, with its filters.

import { html, nothing } from "../node_modules/lit-html/lit-html.js";
import { STATE_WORDS, formatAddress, formatMoment } from "../format.js";

/** @import {Act} from "../app.js" */
/** @import {JobState, JobSummary, State} from "../types.js" */

const STATES = [
  ["", "All"],
  ["processing", "Running"],
  ["needsReview", "To review"],
  ["waiting", "Waiting"],
  ["done", "Done"],
  ["failed", "Failed"],
  ["canceled", "Canceled"],
];

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
    ${textFilter("requester", "Requester", state.filter.requesterId, (requesterId) => act.filter({ requesterId }))}
  </div>
  ${state.jobs === null ? html`<p class="meta">Loading ...</p>` : jobs(state, state.jobs, act)}
`;

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
  ${found.length ? nothing : empty(state)}
  <ul class="jobs">
    ${found.map((one) => row(one, state))}
  </ul>
  ${state.cursor ? html`<button class="chip more" @click=${act.more}>Show older jobs</button>` : nothing}
`;

/** @param {State} state */
const empty = ({ filter }) =>
  Object.values(filter).some(Boolean)
    ? html`<p class="meta">No job fits this filter.</p>`
    : html`<p class="meta">No jobs yet: drop a file on this page, or send one with <code>./longhand submit FILE</code>.</p>`;

/** @param {JobSummary} one @param {State} state */
const row = (one, { chosen, filter }) => html`
  <li>
    <a href=${formatAddress({ chosen: one.id, filter })} aria-current=${one.id === chosen ? "true" : "false"}>
      <span class="name">${one.id}</span>${pill(one.state)}
      <small>${one.type} · ${one.requesterId}</small><small class="when">${formatMoment(one.createdAt)}</small>
    </a>
  </li>
`;
