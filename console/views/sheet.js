// A page of the document with a box around each value that was found on it.

import { html, nothing, svg } from "../node_modules/lit-html/lit-html.js";

/** @import {Act} from "../app.js" */
/** @import {Evidence, Result, State} from "../types.js" */

// A box is that of the words alone: a margin keeps its line off them. As shares of the page.
const MARGIN_X = 0.006;
const MARGIN_Y = 0.004;

/** @param {Result} result @param {State} state @param {Act} act */
export const sheet = (result, state, act) => html`
  <div class="sheet">
    <div class="row apart">
      <button type="button" class="chip" ?disabled=${state.page <= 1} @click=${() => act.turn(state.page - 1)}>Previous page</button>
      <span class="meta">Page ${state.page} of ${result.pageCount}</span>
      <button type="button" class="chip" ?disabled=${state.page >= result.pageCount} @click=${() => act.turn(state.page + 1)}>Next page</button>
    </div>
    ${state.image.url ? picture(result, state, act) : html`<p class="meta blank">${state.image.problem || "Drawing the page ..."}</p>`}
  </div>
`;

/** @param {Result} result @param {State} state @param {Act} act */
const picture = (result, state, act) => html`
  <div class="picture">
    <img src=${state.image.url} alt="Page ${state.page} of the document" />
    <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      ${Object.entries(result.evidence ?? {})
        .filter(([, evidence]) => evidence.page === state.page)
        .map(([name, evidence]) => box(name, evidence, state, act))}
    </svg>
  </div>
`;

/** @param {string} name @param {Evidence} evidence @param {State} state @param {Act} act */
function box(name, evidence, state, act) {
  if (!evidence.box) return nothing;
  const [left = 0, top = 0, right = 0, bottom = 0] = evidence.box;
  return svg`<rect
    class="${name === state.pointed ? "on" : ""} ${evidence.verified === false ? "doubt" : ""}" data-field=${name}
    x=${left - MARGIN_X} y=${top - MARGIN_Y} width=${right - left + 2 * MARGIN_X} height=${bottom - top + 2 * MARGIN_Y}
    @click=${() => act.focus(name)}></rect>`;
}
