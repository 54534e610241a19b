// What the page does about the open job: it watches it, shows its findings, and sends what a reviewer decides. It is
// loaded with the first job.

import { ApiError, cancel, retry, watchJob } from "./api.js";
import * as api from "./job_api.js";
import { STATE_WORDS, formatAddress } from "./format.js";
import { makeCorrections, makeCsv, nextNumber } from "./values.js";
import { job as jobView } from "./views/job.js";

/** @import {Field, Findings, Job, Question, State} from "./types.js" */

const NO_IMAGE = { page: 0, url: "", problem: "" };
const REVIEWER = "reviewer"; // kept in the browser

/** What the page holds of a job, before the first answer. */
const NO_JOB = /** @satisfies {Partial<State>} */ ({
  job: null, isMissing: false, why: "", history: null, findings: null, deliveries: [], pointed: null, page: 1,
  image: NO_IMAGE,
});

/**
 * @typedef {object} Page what the module needs of the page that it belongs to
 * @property {State} state
 * @property {(change: Partial<State>) => void} update
 * @property {(done: string, action: () => Promise<unknown>) => Promise<void>} perform
 * @property {(url: string, name: string) => void} save
 * @property {() => void} refreshList
 */

/** @param {Page} page */
export function openJobPage({ state, update, perform, save, refreshList }) {
  /** @type {{refresh(): void, stop(): void} | null} */
  let watched = null;
  /** @type {Map<string, State["edits"]>} what was typed for each job, so that it outlives a look at another one */
  const drafts = new Map();
  let wantsFocus = false;

  /** @param {string | null} id */
  function watch(id) {
    watched?.stop();
    watched = null;
    URL.revokeObjectURL(state.image.url);
    update({ ...NO_JOB, edits: drafts.get(id ?? "") ?? {} });
    if (!id) return;
    watched = watchJob(id, {
      onValue: (job) => job && show(id, job),
      onError: (error) => {
        const isMissing = error instanceof ApiError && (error.status === 404 || error.status === 410);
        update(isMissing ? { isMissing, job: null, why: sentenceOf(error) } : { problem: sentenceOf(error) });
      },
    });
  }

  /** @param {string} id @param {Job} job */
  async function show(id, job) {
    const hasMoved = state.job !== null && state.job.state !== job.state;
    update({ job, isMissing: false, problem: "", ...(hasMoved && { notice: `Job ${id}: ${STATE_WORDS[job.state] ?? job.state}.` }) });
    if (hasMoved) refreshList();
    const [history, why, findings, queue, deliveries] = await Promise.all([
      api.readHistory(id).catch(() => state.history),
      readExplanation(id, job).catch(() => ""),
      readFindings(job).catch(() => null),
      job.question ? api.readQueue().catch(() => []) : state.queue,
      api.readDeliveries(id).catch(() => state.deliveries),
    ]);
    if (state.chosen !== id || state.job !== job) return; // a newer answer is shown by now, perhaps of a job that is done
    update({ history, why, findings, queue, deliveries });
    if (findings?.pageCount) showPage(state.page);
    if (wantsFocus && findings) /** @type {HTMLElement | null} */ (document.querySelector(".fields input, .fields select"))?.focus();
    if (findings) wantsFocus = false;
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

  /** @param {State["edits"]} edits */
  function keepEdits(edits) {
    drafts.set(String(state.chosen), edits);
    update({ edits });
  }

  /** @param {(name: string) => boolean} isChosen @param {string | null} [text] without one, what was typed is forgotten */
  function editAll(isChosen, text) {
    const others = Object.fromEntries(Object.entries(state.edits).filter(([name]) => !isChosen(name)));
    const found = Object.keys(state.findings?.values ?? {}).filter(isChosen);
    keepEdits(text === undefined ? others : { ...others, ...Object.fromEntries(found.map((name) => [name, text])) });
  }

  const act = {
    cancel: () => perform(`Job ${state.chosen} is canceled.`, () => cancel(String(state.chosen))),
    retry: () =>
      perform("The job is tried again.", async () => {
        const { id } = await retry(String(state.chosen));
        location.hash = formatAddress({ chosen: id, filter: state.filter });
      }),
    /** @param {Question} question @param {Record<string, unknown>} answer */
    decide: (question, answer) =>
      perform(answer.approve ? "Approved: the job continues." : "Rejected: the job fails.", async () => {
        const reviewer = state.reviewer.trim() && { reviewer: state.reviewer.trim() };
        await api.decide(question.decision, { ...answer, ...reviewer }).catch(explainConflict);
        keepEdits({});
      }).finally(() => watched?.refresh()),
    /** @param {Question} question @param {Findings} findings */
    approve(question, { values, fields }) {
      const corrections = makeCorrections(state.edits, values, fields);
      return act.decide(question, { approve: true, ...(Object.keys(corrections).length && { corrections }) });
    },
    /** @param {string} reviewer */
    nameReviewer(reviewer) {
      localStorage.setItem(REVIEWER, reviewer);
      update({ reviewer });
    },
    /** @param {string} name @param {string} text @param {string} before */
    edit(name, text, before) {
      const { [name]: _, ...others } = state.edits;
      keepEdits(text === before ? others : { ...others, [name]: text });
    },
    /** Add an entry of a list, a row of a table, or a figure of this name. @param {Field} field @param {string} [figure] */
    add(field, figure) {
      const names = Object.keys({ ...state.findings?.values, ...state.edits });
      const entry = `${field.name}.${figure ?? nextNumber(names, field.name)}`;
      const added = field.columns ? field.columns.map((column) => `${entry}.${column.name}`) : [entry];
      keepEdits({ ...state.edits, ...Object.fromEntries(added.map((name) => [name, ""])) });
      document.getElementById(`field-${added[0]}`)?.focus();
    },
    /** @param {string} entry of a list, or a row */
    remove: (entry) => editAll((name) => name === entry || name.startsWith(`${entry}.`), null),
    /** @param {string} entry */
    restore: (entry) => editAll((name) => name === entry || name.startsWith(`${entry}.`)),
    discard: () => keepEdits({}),
    /** @param {string | null} field @param {number} [page] */
    point(field, page) {
      update({ pointed: field });
      if (page) showPage(page);
    },
    /** @param {string} field */
    focus: (field) => (document.getElementById(`field-${field}`) ?? document.getElementById(`field-${field}.1`))?.focus(),
    /** @param {number} page */
    turn(page) {
      update({ pointed: null });
      showPage(page);
    },
    drawAgain: () => showPage(state.page),
    focusNext: () => (wantsFocus = true),
    saveCsv() {
      const { values, evidence, review } = /** @type {Findings} */ (state.findings);
      const csv = new Blob(["\ufeff", makeCsv(values, evidence, review?.corrections ?? {})], { type: "text/csv" });
      save(URL.createObjectURL(csv), `${state.chosen}.csv`);
    },
    /** @param {string} event */
    redeliver: (event) =>
      perform("The notice is delivered again.", () => api.redeliver(String(state.chosen), event)).finally(async () => {
        update({ deliveries: await api.readDeliveries(String(state.chosen)).catch(() => state.deliveries) });
      }),
  };
  addEventListener("keydown", (event) => {
    const key = event.altKey && !event.ctrlKey && event.code.startsWith("Key") ? `Alt+${event.code.slice(3)}` : "";
    const link = key && document.querySelector(`a[aria-keyshortcuts="${key}"]`);
    if (!(link instanceof HTMLElement)) return;
    event.preventDefault();
    link.click();
  });
  addEventListener("beforeunload", (event) => {
    if ([...drafts.values()].some((edits) => Object.keys(edits).length)) event.preventDefault();
  });
  update({ reviewer: localStorage.getItem(REVIEWER) ?? "" });
  return { act, watch, refresh: () => watched?.refresh(), view: () => jobView(state, act) };
}

/** @typedef {ReturnType<typeof openJobPage>["act"]} JobAct */

/** @param {unknown} error */
const sentenceOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {unknown} error @returns {never} */
function explainConflict(error) {
  const isLate = error instanceof ApiError && error.code === "decided_otherwise";
  throw isLate ? new Error(`Another decision was first: ${error.message}. What you typed is kept below.`) : error;
}

/** A question says itself what the job waits for. @param {string} id @param {Job} job */
const readExplanation = async (id, job) => (job.state === "done" || job.question ? "" : api.readWhy(id));

/** What was found: of a job that is done, or of one that a person reviews. @param {Job} job */
async function readFindings(job) {
  if (job.state === "done") return api.readResult(job.id);
  return job.question?.reason === "review" ? api.readFindings(job.question.decision) : null;
}
