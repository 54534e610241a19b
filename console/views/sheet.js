// A page of the document with a box around each value that was found on it.

import { html, nothing, svg } from "../node_modules/lit-html/lit-html.js";

/** @import {JobAct} from "../job_page.js" */
/** @import {Evidence, Findings, State} from "../types.js" */

// A box is that of the words alone: a margin keeps its line off them. As shares of the page.
const MARGIN_X = 0.006;
const MARGIN_Y = 0.004;

/** @param {Findings} findings @param {State} state @param {JobAct} act */
export const sheet = (findings, state, act) => html`
  <div class="sheet">
    <div class="row apart">
      <button type="button" class="chip" ?disabled=${state.page <= 1} @click=${() => act.turn(state.page - 1)}>Previous page</button>
      <span class="meta">Page ${state.page} of ${findings.pageCount}</span>
      <button type="button" class="chip" ?disabled=${state.page >= findings.pageCount} @click=${() => act.turn(state.page + 1)}>Next page</button>
    </div>
    ${state.image.url ? picture(findings, state, act) : blank(state, act)}
  </div>
`;

/** @param {State} state @param {JobAct} act */
const blank = ({ image }, act) => html`
  <div class="blank meta">
    <p>${image.problem || "Drawing the page ..."}</p>
    ${image.problem ? html`<button type="button" class="chip" @click=${act.drawAgain}>Draw it again</button>` : nothing}
  </div>
`;

/** @param {Findings} findings @param {State} state @param {JobAct} act */
const picture = (findings, state, act) => html`
  <div class="picture">
    <img src=${state.image.url} alt="Page ${state.page} of the document" />
    <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      ${Object.entries(findings.evidence ?? {})
        .filter(([, evidence]) => evidence.page === state.page)
        .map(([name, evidence]) => box(name, evidence, state, act))}
    </svg>
  </div>
`;

/** @param {string} name @param {Evidence} evidence @param {State} state @param {JobAct} act */
function box(name, evidence, state, act) {
  if (!evidence.box) return nothing;
  const isOn = name === state.pointed || state.pointed?.startsWith(`${name}.`);
  const [left = 0, top = 0, right = 0, bottom = 0] = evidence.box;
  return svg`<rect
    class="${isOn ? "on" : ""} ${evidence.verified === false ? "doubt" : ""}" data-field=${name}
    x=${left - MARGIN_X} y=${top - MARGIN_Y} width=${right - left + 2 * MARGIN_X} height=${bottom - top + 2 * MARGIN_Y}
    @click=${() => act.focus(name)}></rect>`;
}
