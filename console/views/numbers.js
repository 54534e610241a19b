// Figures of all jobs: bars by hour or day, with a table of the same, and what waits the longest.

import { html, nothing, svg } from "../node_modules/lit-html/lit-html.js";
import { formatAddress, formatMoment, formatSeconds, formatUsd } from "../format.js";

/** @import {Act} from "../app.js" */
/** @import {JobNumbers, Numbers, State} from "../types.js" */

/** @typedef {"done" | "failed" | "canceled" | "open"} Ending */
const ENDINGS = /** @type {Ending[]} */ (["done", "failed", "canceled", "open"]);
const BAR_SHARE = 0.85; // of the width that a period has
/** @type {Record<string, (start: string) => string>} the hours are the visitor's, the days those of UTC */
const PERIODS = {
  hour: (start) => new Date(start).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }),
  day: (start) => new Date(start).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" }),
};

/** @param {State} state @param {Act} act */
export const numbers = (state, act) => html`
  <section class="card" aria-labelledby="numbers">
    <div class="row apart">
      <h1 id="numbers">Numbers</h1>
      <span class="row">
        ${[1, 30].map((days) => html`<a class="chip" aria-current=${days === state.days} href=${formatAddress({ ...state, chosen: null, days })}>
          ${days === 1 ? "24 hours" : "30 days"}
        </a>`)}
        <button class="chip" @click=${act.countAgain}>Count again</button>
      </span>
    </div>
    ${state.numbers ? figures(state, state.numbers) : html`<p class="meta">Counting ...</p>`}
  </section>
`;

/** @param {JobNumbers[]} rows @param {Ending | "costUsd" | "withoutCost"} name */
const sum = (rows, name) => rows.reduce((all, row) => all + row[name], 0);

/** @param {JobNumbers[]} rows */
const formatCost = (rows) => formatUsd(sum(rows, "costUsd")) + (sum(rows, "withoutCost") ? `, ${sum(rows, "withoutCost")} unknown` : "");

/** @param {State} state @param {Numbers} found */
function figures(state, found) {
  const { jobs, resultSeconds: times, oldestJob, oldestDecision } = found;
  const periods = [...Map.groupBy(jobs, (row) => row.start)];
  const types = [...Map.groupBy(jobs, (row) => row.type)].sort();
  /** @param {string} id */
  const link = (id) => html`<a href=${formatAddress({ chosen: id, filter: state.filter })}>${id}</a>`;
  return html`
    ${found.isComplete ? nothing : html`<p class="busy">There are more jobs than are counted at once: these are the newest, from ${formatMoment(found.from)}.</p>`}
    <dl class="facts">
      ${ENDINGS.map((name) => fact(name, sum(jobs, name)))} ${fact("cost", formatCost(jobs))}
      ${times ? fact("time to result", `${formatSeconds(times.p50)}, 95 % within ${formatSeconds(times.p95)}`) : nothing}
      ${oldestJob ? fact("oldest open job", html`${link(oldestJob.id)}, ${formatMoment(oldestJob.createdAt)}`) : nothing}
      ${oldestDecision ? fact("oldest decision", html`${link(oldestDecision.jobId)}, ${formatMoment(oldestDecision.since)}`) : nothing}
    </dl>
    ${periods.length ? html`${chart(found, periods)} ${periodTable(found, periods)} ${costTable(found, periods, types.map(([type]) => type))}` : html`<p>No job was created in this time.</p>`}
    ${found.failures.length ? table("Failures by code", ["code", "jobs"], found.failures.map((one) => [one.code, one.jobs])) : nothing}
  `;
}

/** @param {string} name @param {unknown} value */
const fact = (name, value) => html`<div><dt class=${name}>${name}</dt><dd>${value}</dd></div>`;

/** @param {Numbers} found @param {[string, JobNumbers[]][]} periods */
function chart({ until, period, from }, periods) {
  const length = period === "hour" ? 3_600_000 : 86_400_000;
  const began = Math.floor(Date.parse(from) / length) * length;
  const slots = Math.max(1, Math.ceil((Date.parse(until) - began) / length));
  const most = Math.max(...periods.map(([, rows]) => ENDINGS.reduce((all, name) => all + sum(rows, name), 0)));
  const bars = periods.flatMap(([start, rows]) => {
    let top = 1;
    return ENDINGS.map((name) => {
      const height = sum(rows, name) / most;
      return svg`<rect class=${name} x=${(Date.parse(start) - began) / length} y=${(top -= height)} width=${BAR_SHARE} height=${height}></rect>`;
    });
  });
  return html`<svg class="bars" viewBox="0 0 ${slots} 1" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>`;
}

/** @param {string} caption @param {string[]} heads @param {unknown[][]} rows */
const table = (caption, heads, rows) => html`<div class="wide"><table class="numbers">
  <caption>${caption}</caption>
  <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
  <tbody>${rows.map(([head, ...cells]) => html`<tr><th scope="row">${head}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
</table></div>`;

/** @param {Numbers} found @param {[string, JobNumbers[]][]} periods */
const periodTable = ({ period }, periods) =>
  table(`Jobs by ${period}`, [period, ...ENDINGS], periods.map(([start, rows]) => [PERIODS[period]?.(start), ...ENDINGS.map((name) => sum(rows, name))]));

/** @param {Numbers} found @param {[string, JobNumbers[]][]} periods @param {string[]} types */
const costTable = ({ period }, periods, types) =>
  table(`Cost by ${period} and type`, [period, ...types], periods.map(([start, rows]) => [PERIODS[period]?.(start), ...types.map((type) => formatCost(rows.filter((row) => row.type === type)))]));
