// The calls of a job as bars on one axis of time.

import { html, nothing, svg } from "../node_modules/lit-html/lit-html.js";
import { formatName, formatSeconds } from "../format.js";

/** @import {History, Job, Operation} from "../types.js" */

const MIN_SHARE = 0.004; // a bar of a millisecond is visible
const MAX_ROWS = 40;

/** @param {Job} job @param {History} history */
export function timeline(job, history) {
  const shown = history.operations.filter((one) => one.depth === 0).slice(-MAX_ROWS);
  const end = Math.max(history.settledAt ?? Date.now() / 1000, history.createdAt + MIN_SHARE);
  return html`
    <h2 class="visually-hidden">Steps</h2>
    <div class="steps">${shown.map((one) => row(one, history.createdAt, end, job))}</div>
  `;
}

/** @param {Operation} one @param {number} began @param {number} end @param {Job} job */
function row(one, began, end, job) {
  const until = one.settledAt ?? end;
  const start = (one.createdAt - began) / (end - began);
  const width = Math.max((until - one.createdAt) / (end - began), MIN_SHARE);
  const pages = one.settledAt ? undefined : job.progress?.pages;
  return html`
    <span>${formatName(one.name)}</span>
    <span class="track">
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        ${svg`<rect class=${one.state} x=${Math.min(start, 1 - width)} y="0" width=${width} height="1"></rect>`}
      </svg>
    </span>
    <span class="when">
      ${pages ? `page ${pages.done} of ${pages.of}` : formatSeconds(until - one.createdAt)}
      ${one.attempts && one.attempts > 1 ? html`<small>attempt ${one.attempts}</small>` : nothing}
    </span>
  `;
}
