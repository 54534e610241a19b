// The calls of a job as bars on one axis of time: its steps, what it waits for, and its parts on other workers.

import { html, nothing, svg } from "../node_modules/lit-html/lit-html.js";
import { formatMoment, formatName, formatSeconds } from "../format.js";

/** @import {History, Job, Operation} from "../types.js" */

const MIN_SHARE = 0.004; // a bar of a millisecond is visible
/** @type {{[name: string]: string}} */
const WAITS = { ask_reviewer: "waits for a reviewer", ask_for_more: "waits for a higher limit" };
const MAX_ROWS = 40;

/** @param {Job} job @param {History} history */
export function timeline(job, history) {
  const shown = history.operations.filter(isShown).slice(-MAX_ROWS);
  const end = Math.max(history.settledAt ?? Date.now() / 1000, history.createdAt + MIN_SHARE);
  return html`
    <h2 class="visually-hidden">Steps</h2>
    <div class="steps">${shown.map((one, place) => row(one, shown[place - 1], history, end, job))}</div>
  `;
}

/** What waits for an answer has a record of its wait beside the question, which says the same. @param {Operation} one */
const isShown = (one) => one.depth === 0 && !one.name.startsWith("waiting for ");

/** @param {Operation} one @param {Operation | undefined} before @param {History} history @param {number} end @param {Job} job */
function row(one, before, history, end, job) {
  const until = one.settledAt ?? end;
  const [begin, length] = [history.createdAt, end - history.createdAt];
  const parts = history.operations.filter(({ id, kind, depth }) => kind === "part" && depth === 1 && id.startsWith(`${one.id}.`));
  /** @param {Operation} bar */
  const draw = (bar) => {
    const [start, width] = [bar.createdAt - begin, (bar.settledAt ?? end) - bar.createdAt].map((time) => time / length);
    return svg`<rect class="${bar.state} ${bar.kind}" x=${Math.min(start ?? 0, 1 - MIN_SHARE)} y="0"
      width=${Math.max(width ?? 0, MIN_SHARE)} height="1"></rect>`;
  };
  return html`
    <span>${formatStep(one)}</span>
    <span class="track">
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        ${[one, ...parts].map(draw)}
      </svg>
    </span>
    <span class="when">${formatSeconds(until - one.createdAt)}<small>${details(one, before, parts, history, job).join(" · ")}</small></span>
  `;
}

/** @param {Operation} one */
function formatStep({ name, kind }) {
  if (kind === "sleep") return "pause before the next attempt";
  if (kind === "promise") return WAITS[name] ?? formatName(name);
  return formatName(name);
}

/**
 * Return what is to be said of a step beside its time: its worker, unless the step before it has the same.
 * @param {Operation} one @param {Operation | undefined} before @param {Operation[]} parts @param {History} history
 * @param {Job} job
 */
function details(one, before, parts, history, job) {
  const pages = one.settledAt ? null : job.progress?.pages;
  const workers = new Set([one, ...parts].flatMap(({ worker }) => worker ?? []));
  if (!workers.size && !one.settledAt && one.kind === "step" && history.worker) workers.add(history.worker);
  if (before?.worker && one.worker === before.worker) workers.delete(before.worker);
  return [
    pages && `page ${pages.done} of ${pages.of}`,
    parts.length && `${parts.filter((part) => part.settledAt).length} of ${parts.length} batches`,
    (one.attempts ?? 0) > 1 && `attempt ${one.attempts}`,
    one.kind === "sleep" && !one.settledAt && one.timeoutAt && `until ${formatMoment(new Date(one.timeoutAt * 1000).toISOString())}`,
    workers.size > 0 && [...workers].join(", "),
  ].filter(Boolean);
}
