// The state of the page, what may happen to it, and one render after each change.

import { render } from "./node_modules/lit-html/lit-html.js";
import * as api from "./api.js";
import { STATE_WORDS, formatAddress, makeJobId, parseAddress } from "./format.js";
import { shell } from "./views/shell.js";

/** @import {Job, JobSummary, Question, State} from "./types.js" */

await api.signIn();

const ENDED = new Set(["done", "failed", "canceled"]);
const DOWNLOAD_MS = 60_000; // until a browser has surely begun to copy a file
const root = /** @type {HTMLElement} */ (document.getElementById("root"));
root.replaceChildren();

const NO_IMAGE = { page: 0, url: "", problem: "" };
/** What the page holds of a job, before the first answer. */
const NO_JOB = /** @satisfies {Partial<State>} */ ({
  chosen: null, job: null, isMissing: false, why: "", history: null, result: null, edits: {}, pointed: null, page: 1,
  image: NO_IMAGE,
});
/** @type {State} */
const state = {
  ...NO_JOB, ...parseAddress(location.hash), jobs: null, cursor: null, uploads: [], uploadType: "invoice",
  asksReview: false, numbers: null, problem: "", notice: "", isBusy: false,
};
/** @type {import("./views/shell.js").View | null} */
let jobView = null;
/** @type {import("./views/shell.js").View | null} */
let numbersView = null;
let hasOlder = false; // whether the list shows more than its first page
/** @type {{refresh(): void, stop(): void} | null} */
let list = null;
/** @type {{refresh(): void, stop(): void} | null} */
let open = null;

/** @param {Partial<State>} change */
function update(change) {
  Object.assign(state, change);
  render(shell(state, act, state.days ? numbersView : jobView), root);
}

/** @param {unknown} error */
const sentenceOf = (error) => (error instanceof Error ? error.message : String(error));

function watchList() {
  list?.stop();
  hasOlder = false;
  update({ jobs: null, cursor: null });
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

function watchChosen() {
  open?.stop();
  open = null;
  const id = state.chosen;
  if (!id) return;
  loadJobView();
  open = api.watchJob(id, {
    onValue: (job) => job && showJob(id, job),
    onError: (error) => {
      const isMissing = error instanceof api.ApiError && (error.status === 404 || error.status === 410);
      update(isMissing ? { isMissing, notice: sentenceOf(error) } : { problem: sentenceOf(error) });
    },
  });
}

async function countJobs() {
  const { days } = state;
  if (!days) return;
  numbersView ??= (await import("./views/numbers.js")).numbers;
  update({ numbers: null });
  const change = await api.readNumbers(days).then((numbers) => ({ numbers }), (error) => ({ notice: sentenceOf(error) }));
  if (state.days === days) update(change);
}

async function loadJobView() {
  jobView ??= (await import("./views/job.js")).job;
  update({});
}

/** @param {string} id @param {Job} job */
async function showJob(id, job) {
  const hasMoved = state.job !== null && state.job.state !== job.state;
  update({ job, isMissing: false, problem: "", ...(hasMoved && { notice: `Job ${id} is ${STATE_WORDS[job.state]}.` }) });
  const [history, why, result] = await Promise.all([
    api.readHistory(id).catch(() => state.history),
    readExplanation(id, job).catch(() => ""),
    readFindings(job).catch(() => null),
  ]);
  if (state.chosen !== id) return;
  update({ history, why, result });
  if (result) showPage(state.page);
  if (ENDED.has(job.state) && hasMoved) list?.refresh();
}

/** Show a page of the document, as soon as its image is there. @param {number} page */
async function showPage(page) {
  const id = state.chosen;
  if (!id || (state.image.page === page && !state.image.problem)) return;
  URL.revokeObjectURL(state.image.url);
  update({ page, image: { ...NO_IMAGE, page } });
  const image = await api.readPageImage(id, page).then(
    (url) => ({ page, url, problem: "" }),
    (error) => ({ page, url: "", problem: sentenceOf(error) }),
  );
  if (state.chosen === id && state.image.page === page) update({ image });
}

/** A question says itself what the job waits for. @param {string} id @param {Job} job */
const readExplanation = async (id, job) => (job.state === "done" || job.question ? "" : api.readWhy(id));

/** What was found: of a job that is done, or of one that a person reviews. @param {Job} job */
async function readFindings(job) {
  if (job.state === "done") return api.readResult(job.id);
  return job.question?.reason === "review" ? api.readFindings(job.question.decision) : null;
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
  open?.refresh();
  list?.refresh();
}

/** Fetch the file of a link with the token, which the browser would not send. @param {MouseEvent} event */
function download(event) {
  const link = /** @type {Element} */ (event.target).closest("a[download]");
  if (!(link instanceof HTMLAnchorElement) || !link.href.startsWith(location.origin)) return;
  event.preventDefault();
  const [, , id, kind] = link.pathname.split("/");
  perform("", async () => {
    const copy = document.createElement("a");
    copy.href = await api.readFile(link.pathname);
    copy.download = `${id}-${kind}`;
    copy.click();
    setTimeout(() => URL.revokeObjectURL(copy.href), DOWNLOAD_MS);
  });
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
      const id = await api.submitFile(file, job, (sent) => noteUpload(index, { sent }));
      noteUpload(index, { sent: file.size });
      update({ notice: `${file.name} is job ${id}.` });
      if (!state.chosen) location.hash = formatAddress({ chosen: id, filter: state.filter });
    } catch (error) {
      noteUpload(index, { error: sentenceOf(error) });
    }
  },
  signOut: api.hasSession() ? api.signOut : null,
  dismissUploads: () => update({ uploads: [] }),
  cancel: () => state.chosen && perform(`Job ${state.chosen} is canceled.`, () => api.cancel(String(state.chosen))),
  retry: () =>
    perform("The job is tried again.", async () => {
      const { id } = await api.retry(String(state.chosen));
      location.hash = formatAddress({ chosen: id, filter: state.filter });
    }),
  /** @param {Question} question @param {Record<string, unknown>} answer */
  decide: (question, answer) =>
    perform(answer.approve ? "Approved: the job continues." : "Rejected: the job fails.", () =>
      api.decide(question.decision, answer),
    ),
  /** @param {string} field @param {string} text @param {string} before */
  edit(field, text, before) {
    const { [field]: _, ...others } = state.edits;
    update({ edits: text === before ? others : { ...others, [field]: text } });
  },
  /** @param {string | null} field @param {number} [page] */
  point(field, page) {
    update({ pointed: field });
    if (page) showPage(page);
  },
  /** @param {string} field */
  focus: (field) => document.getElementById(`field-${field}`)?.focus(),
  /** @param {number} page */
  turn(page) {
    update({ pointed: null });
    showPage(page);
  },
};

/** @typedef {typeof act} Act */

addEventListener("hashchange", () => {
  const { chosen, filter, days } = parseAddress(location.hash);
  const isSameList = JSON.stringify(filter) === JSON.stringify(state.filter);
  if (chosen !== state.chosen) {
    update({ ...NO_JOB, chosen, notice: "" });
    watchChosen();
  }
  if (days !== state.days) {
    update({ days, notice: "" });
    countJobs();
  }
  if (!isSameList) {
    update({ filter });
    watchList();
  }
});
if (api.hasSession()) root.addEventListener("click", download);
addEventListener("beforeunload", (event) => Object.keys(state.edits).length && event.preventDefault());
watchList();
watchChosen();
countJobs();
