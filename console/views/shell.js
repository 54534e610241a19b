// The frame of the page: the list on the left, the open job on the right, or where files are dropped.

import { html, nothing } from "../node_modules/lit-html/lit-html.js";
import { formatAddress } from "../format.js";
import { list } from "./list.js";

/** @import {Act} from "../app.js" */
/** @import {State, Upload} from "../types.js" */

const ICON = new URL("../icon.svg", import.meta.url).href; // on AWS each version of the files has a folder of its own

/** @param {State} state @param {Act} act @param {unknown} view of the open job or the numbers, each loaded when first shown */
export const shell = (state, act, view) => html`
  <div
    class="shell ${state.chosen || state.days ? "one" : ""}"
    @dragover=${(/** @type {DragEvent} */ event) => event.preventDefault()}
    @drop=${(/** @type {DragEvent} */ event) => {
      event.preventDefault();
      if (event.dataTransfer?.files.length) act.upload(event.dataTransfer.files);
    }}
  >
    <nav class="side" aria-label="Jobs">
      <header>
        <a class="brand" href=${formatAddress({ chosen: null, filter: state.filter })}>
          <img src=${ICON} alt="" width="22" height="22" />Longhand
        </a>
        <a class="meta" href=${formatAddress({ chosen: null, filter: state.filter, days: 1 })}>Numbers</a>
        ${connection(state)} ${act.signOut ? html`<button class="chip" @click=${act.signOut}>Sign out</button>` : nothing}
      </header>
      ${list(state, act)}
    </nav>
    <main>
      <a class="back" href=${formatAddress({ chosen: null, filter: state.filter })}>All jobs</a>
      ${state.problem ? html`<p class="banner failed" role="alert">The API does not answer: ${state.problem}. The page asks again.</p>` : nothing}
      ${state.notice ? html`<p class="banner" role="status">${state.notice}</p>` : html`<p class="visually-hidden" role="status"></p>`}
      ${uploads(state, act)}
      ${state.chosen || state.days ? view : dropZone(state, act)}
    </main>
  </div>
`;

/** @param {State} state */
const connection = ({ problem, jobs }) =>
  html`<span class="connection ${problem ? "failed" : jobs ? "done" : ""}">${problem ? "offline" : jobs ? "live" : "connecting"}</span>`;

/** @param {State} state @param {Act} act */
const dropZone = (state, act) => html`
  <section class="card drop" aria-label="New job" @pointerenter=${act.loadTypes} @focusin=${act.loadTypes}>
    <h1>Drop a document</h1>
    <p class="meta">PDF, image or Word. Each file becomes a job that survives crashes, retries and redeployments.</p>
    <div class="row">
      <label for="type">Type</label>
      <select id="type" @change=${(/** @type {Event} */ event) => act.chooseType(/** @type {HTMLSelectElement} */ (event.target).value)}>
        ${state.types.map((name) => html`<option value=${name} ?selected=${name === state.uploadType}>${name}</option>`)}
      </select>
      <label>
        <input
          type="checkbox"
          .checked=${state.asksReview}
          @change=${(/** @type {Event} */ event) => act.askReview(/** @type {HTMLInputElement} */ (event.target).checked)}
        />
        Let me review it
      </label>
      <label class="button" for="files">Choose files</label>
      <input
        id="files"
        class="visually-hidden"
        type="file"
        multiple
        @change=${(/** @type {Event} */ event) => {
          const input = /** @type {HTMLInputElement} */ (event.target);
          if (input.files?.length) act.upload([...input.files]);
          input.value = "";
        }}
      />
    </div>
  </section>
`;

/** @param {State} state @param {Act} act */
const uploads = (state, act) =>
  state.uploads.length
    ? html`<section class="card" aria-label="Uploads">
        <div class="row apart"><h2>Uploads</h2><button class="chip" @click=${act.dismissUploads}>Hide</button></div>
        <ul class="uploads">
          ${state.uploads.map((one) => upload(one, state))}
        </ul>
      </section>`
    : nothing;

/** @param {Upload} one @param {State} state */
const upload = (one, { filter }) => html`
  <li>
    ${one.job ? html`<a href=${formatAddress({ chosen: one.job, filter })}>${one.name}</a>` : html`<span>${one.name}</span>`}
    ${one.error
      ? html`<span class="failed">${one.error}</span>`
      : html`<progress max=${Math.max(one.size, 1)} .value=${one.sent} aria-label="Upload of ${one.name}"></progress>`}
  </li>
`;
