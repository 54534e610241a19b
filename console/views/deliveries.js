// The notices of a job to its receiver, with their attempts.

import { html, nothing } from "../node_modules/lit-html/lit-html.js";
import { formatMoment } from "../format.js";

/** @import {JobAct} from "../job_page.js" */
/** @import {Attempt, Delivery, State} from "../types.js" */

/** @type {{[state: string]: string}} the color of each state, as that of a job */
const COLORS = { pending: "waiting", delivered: "done", gave_up: "failed" };

/** @param {State} state @param {JobAct} act */
export const deliveries = ({ deliveries: found, isBusy }, act) => html`
  <section class="card" aria-label="Notices">
    <h2>Notices</h2>
    <div class="scroll"><table class="log">
      <thead><tr>${["Event", "Receiver", "State", "Attempts"].map((one) => html`<th scope="col">${one}</th>`)}<td></td></tr></thead>
      <tbody>${found.map((one) => row(one, isBusy, act))}</tbody>
    </table></div>
  </section>
`;

/** @param {Delivery} one @param {boolean} isBusy @param {JobAct} act */
const row = (one, isBusy, act) => html`
  <tr>
    <td>${one.eventType.split(".").at(-2)}${one.number > 1 ? ` (${one.number})` : ""}</td>
    <td>${one.receiver}</td>
    <td class=${COLORS[one.state] ?? ""}>${one.state.replace("_", " ")}</td>
    <td>
      ${one.attempts.map((attempt) => html`<div>${formatMoment(attempt.at)} ${outcome(attempt)}</div>`)}
      ${one.nextAttemptAt ? html`<div class="meta">next ${formatMoment(one.nextAttemptAt)}</div>` : nothing}
    </td>
    <td>
      ${one.state === "pending"
        ? nothing
        : html`<button class="chip" ?disabled=${isBusy} @click=${() => act.redeliver(one.eventId)}>Deliver again</button>`}
    </td>
  </tr>
`;

/** @param {Attempt} attempt */
const outcome = ({ statusCode, error }) => (statusCode ? `HTTP ${statusCode}` : (error ?? "").replaceAll("_", " "));
