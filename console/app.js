// The state of the page, what may happen to it, and one render after each change.

import { render } from "./node_modules/lit-html/lit-html.js";
import * as api from "./api.js";
import { formatAddress, makeJobId, parseAddress } from "./format.js";
import { shell } from "./views/shell.js";

/** @import {JobSummary, State} from "./types.js" */

await api.signIn();

const DOWNLOAD_MS = 60_000; // until a browser has surely begun to copy a file
const CONCURRENCY = 4; // a browser has six connections
const root = /** @type {HTMLElement} */ (document.getElementById("root"));
root.replaceChildren();

/** @type {State} */
const state = {
  ...parseAddress(location.hash), jobs: null, cursor: null, selected: new Set(), bulk: null, uploads: [], numbers: null,
  types: ["invoice", "contract", "report", "receipt"], uploadType: "invoice", asksReview: false, problem: "", notice: "",
  isBusy: false, job: null, isMissing: false, why: "", history: null, findings: null, edits: {}, queue: [], deliveries: [],
  reviewer: "", pointed: null, page: 1, image: { page: 0, url: "", problem: "" },
};
/** @type {ReturnType<typeof import("./job_page.js").openJobPage> | null} */
let jobPage = null;
/** @type {typeof import("./views/numbers.js").numbers | null} */
let numbersView = null;
let hasTypes = false;
let hasOlder = false; // whether the list shows more than its first page
/** @type {{refresh(): void, stop(): void} | null} */
let list = null;

/** @param {Partial<State>} change */
function update(change) {
  Object.assign(state, change);
  render(shell(state, act, state.days ? numbersView?.(state, act) : jobPage?.view()), root);
}

/** @param {unknown} error */
const sentenceOf = (error) => (error instanceof Error ? error.message : String(error));

function watchList() {
  list?.stop();
  hasOlder = false;
  update({ jobs: null, cursor: null, selected: new Set(), bulk: null });
  list = api.watchJobs(state.filter, {
    onValue: (page) => update({ problem: "", ...(page && withNewest(page)) }),
    onError: (error) => update({ problem: sentenceOf(error) }),
  });
}

/**
 * Return the list with its newest jobs as they are now. Older pages, once shown, stay as they were.
 * @param {{jobs: JobSummary[], cursor?: string}} newest @returns {Pick<State, "jobs" | "cursor">}
 */
function withNewest(newest) {
  if (!hasOlder) return { jobs: newest.jobs, cursor: newest.cursor ?? null };
  const ids = new Set(newest.jobs.map((one) => one.id));
  return { jobs: [...newest.jobs, ...(state.jobs ?? []).filter((one) => !ids.has(one.id))], cursor: state.cursor };
}

async function watchChosen() {
  if (!state.chosen && !jobPage) return;
  const { openJobPage } = await import("./job_page.js");
  jobPage ??= openJobPage({ state, update, perform, save, refreshList: () => list?.refresh() });
  jobPage.watch(state.chosen);
}

async function countJobs() {
  const { days } = state;
  if (!days) return;
  const [{ numbers: view }, { readNumbers }] = await Promise.all([import("./views/numbers.js"), import("./job_api.js")]);
  numbersView = view;
  update({ numbers: null });
  const change = await readNumbers(days).then((numbers) => ({ numbers }), (error) => ({ notice: sentenceOf(error) }));
  if (state.days === days) update(change);
}

/** Run an action of the user, and say how it went. @param {string} done @param {() => Promise<unknown>} action */
async function perform(done, action) {
  update({ isBusy: true, notice: "" });
  try {
    await action();
    update({ isBusy: false, notice: done });
  } catch (error) {
    update({ isBusy: false, notice: sentenceOf(error) });
  }
  jobPage?.refresh();
  list?.refresh();
}

/** Save a file in the user's folder. @param {string} url @param {string} name */
function save(url, name) {
  const copy = document.createElement("a");
  copy.href = url;
  copy.download = name;
  copy.click();
  setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_MS);
}

/** Fetch the file of a link with the token, which the browser would not send. @param {MouseEvent} event */
function download(event) {
  const link = /** @type {Element} */ (event.target).closest("a[download]");
  if (!(link instanceof HTMLAnchorElement) || !link.href.startsWith(location.origin)) return;
  event.preventDefault();
  const [, , id, kind] = link.pathname.split("/");
  perform("", async () => save(await api.readFile(link.pathname), `${id}-${kind}`));
}

/**
 * Run an action for each of many jobs, a few at a time. One that fails stays selected.
 * @param {string[]} ids @param {(id: string) => Promise<unknown>} action
 */
async function performAll(ids, action) {
  const left = [...ids];
  const bulk = { done: 0, of: ids.length, failures: /** @type {{id: string, sentence: string}[]} */ ([]) };
  const work = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const job = id;
      await action(job).then(
        () => act.select(job, false),
        (error) => bulk.failures.push({ id: job, sentence: sentenceOf(error) }),
      );
      bulk.done += 1;
      update({ bulk });
    }
  };
  update({ bulk, isBusy: true });
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  update({ isBusy: false });
  list?.refresh();
  jobPage?.refresh();
}

/** @param {number} index @param {Partial<import("./types.js").Upload>} change */
const noteUpload = (index, change) =>
  update({ uploads: state.uploads.map((one, place) => (place === index ? { ...one, ...change } : one)) });

/** What a view may ask for. */
export const act = {
  countAgain: countJobs,
  /** @param {Partial<State["filter"]>} change */
  filter(change) {
    location.hash = formatAddress({ ...state, filter: { ...state.filter, ...change } });
  },
  async more() {
    if (!state.cursor) return;
    hasOlder = true;
    const next = await api.listMore(state.filter, state.cursor);
    update({ jobs: [...(state.jobs ?? []), ...next.jobs], cursor: next.cursor ?? null });
  },
  /** Offer the types of the deployment. An older API does not tell them. */
  async loadTypes() {
    if (hasTypes) return;
    hasTypes = true;
    update({ types: await api.readTypes().catch(() => state.types) });
  },
  /** @param {string} id @param {boolean} isSelected */
  select: (id, isSelected) =>
    update({ selected: new Set(isSelected ? [...state.selected, id] : [...state.selected].filter((one) => one !== id)) }),
  /** @param {string[]} ids */
  selectAll: (ids) => update({ selected: new Set(ids), bulk: null }),
  cancelAll: (/** @type {string[]} */ ids) => performAll(ids, api.cancel),
  retryAll: (/** @type {string[]} */ ids) => performAll(ids, api.retry),
  /** @param {string} name */
  chooseType: (name) => update({ uploadType: name }),
  /** @param {boolean} asksReview */
  askReview: (asksReview) => update({ asksReview }),
  /** @param {FileList | File[]} files */
  async upload(files) {
    const first = state.uploads.length;
    const added = [...files].map((file) => ({ name: file.name, sent: 0, size: file.size }));
    update({ uploads: [...state.uploads, ...added] });
    await Promise.all([...files].map((file, place) => act.submit(file, first + place)));
    list?.refresh();
  },
  /** @param {File} file @param {number} index */
  async submit(file, index) {
    try {
      const approval = state.asksReview && { approval: { required: "always" } };
      const job = { jobId: makeJobId(file.name), type: state.uploadType, requesterId: api.requester(), ...approval };
      const { submitFile } = await import("./upload_api.js");
      const id = await submitFile(file, job, (sent) => noteUpload(index, { sent }));
      noteUpload(index, { sent: file.size, job: id });
      update({ notice: `${file.name} is job ${id}.` });
      if (!state.chosen) location.hash = formatAddress({ chosen: id, filter: state.filter });
    } catch (error) {
      noteUpload(index, { error: sentenceOf(error) });
    }
  },
  signOut: api.hasSession() ? api.signOut : null,
  dismissUploads: () => update({ uploads: [] }),
};

/** @typedef {typeof act} Act */

addEventListener("hashchange", () => {
  const { chosen, filter, days } = parseAddress(location.hash);
  const isSameList = JSON.stringify({ ...filter, text: "" }) === JSON.stringify({ ...state.filter, text: "" });
  if (chosen !== state.chosen) {
    update({ chosen, job: null, notice: "" });
    watchChosen();
  }
  if (days !== state.days) {
    update({ days, notice: "" });
    countJobs();
  }
  update({ filter });
  if (!isSameList) watchList();
});
if (api.hasSession()) root.addEventListener("click", download);
watchList();
watchChosen();
countJobs();
