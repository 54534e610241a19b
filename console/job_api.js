// What the page asks of the HTTP API about one job, and the numbers of all.

import { ApiError, jobPath, readFile, send } from "./api.js";
import { flatten, inferFields } from "./values.js";

/** @import {Delivery, Evidence, Findings, History, Job, Numbers} from "./types.js" */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_QUEUE = 200; // the API's own limit
const MAX_DRAWINGS = 5; // requests for a page that no worker has drawn yet; each waits for ten seconds

/**
 * Count the jobs of the last hours or days, which begin as those of UTC.
 * @param {number} days @returns {Promise<Numbers>}
 */
export async function readNumbers(days) {
  const since = new Date(Date.now() - days * DAY_MS + (days === 1 ? HOUR_MS : DAY_MS));
  days === 1 ? since.setUTCMinutes(0, 0, 0) : since.setUTCHours(0, 0, 0, 0);
  const query = new URLSearchParams({ since: since.toISOString(), period: days === 1 ? "hour" : "day" });
  return (await send("GET", `/numbers?${query}`)).value;
}

/** @param {string} id @returns {Promise<string>} */
export const readWhy = async (id) => (await send("GET", `${jobPath(id)}/why`)).value.explanation;

/** @param {string} id @returns {Promise<History>} */
export const readHistory = async (id) => (await send("GET", `${jobPath(id)}/history`)).value;

/** @param {string} id @returns {Promise<Delivery[]>} */
export const readDeliveries = async (id) => (await send("GET", `${jobPath(id)}/deliveries`)).value.deliveries;

/** @param {string} id @param {string} event */
export const redeliver = (id, event) => send("POST", `${jobPath(id)}/deliveries/${encodeURIComponent(event)}/redeliver`);

/** @returns {Promise<string[]>} the jobs that wait for a review, the oldest first */
export async function readQueue() {
  /** @type {{jobId: string, reason: string}[]} */
  const open = (await send("GET", `/decisions?limit=${MAX_QUEUE}`)).value.decisions;
  return open.filter(({ reason }) => reason === "review").map(({ jobId }) => jobId).reverse();
}

/** @param {string} id @returns {Promise<Findings>} */
export async function readResult(id) {
  const { result } = (await send("GET", `/status/${encodeURIComponent(id)}`)).value;
  const corrected = Object.entries(result.review?.corrections ?? {}).flatMap(([name, { value }]) => (value === null ? [] : name));
  const values = flatten(result.extractedData ?? {}, [...Object.keys(result.evidence ?? {}), ...corrected]);
  return { evidence: {}, warnings: [], ...result, values, fields: inferFields(values) };
}

/** Return what a person is asked to review. @param {string} decision @returns {Promise<Findings>} */
export async function readFindings(decision) {
  const { value } = await send("GET", `/decisions/${encodeURIComponent(decision)}`);
  /** @type {{field: string, value: unknown, evidence: Evidence}[]} */
  const found = value.findings;
  const values = flatten(Object.fromEntries(found.map((one) => [one.field, one.value])), []);
  return {
    pageCount: Math.max(1, ...found.map(({ evidence }) => evidence.page)),
    summary: value.message ?? "",
    values,
    fields: value.fields?.length ? value.fields : inferFields(values),
    evidence: Object.fromEntries(found.map((one) => [one.field, one.evidence])),
    warnings: [],
  };
}

/** @param {string} decision @param {Record<string, unknown>} answer */
export const decide = (decision, answer) => send("POST", `/decisions/${encodeURIComponent(decision)}`, answer);

/**
 * Return an address of the image of a page. A worker may have to draw it first.
 * @param {string} id @param {number} page @returns {Promise<string>}
 */
export async function readPageImage(id, page) {
  for (let number = 1; ; number++) {
    try {
      return await readFile(`${jobPath(id)}/pages/${page}`);
    } catch (error) {
      if (!(error instanceof ApiError && error.seconds) || number === MAX_DRAWINGS) throw error;
      await new Promise((resolve) => setTimeout(resolve, error.seconds * 1000));
    }
  }
}
