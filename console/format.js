// Values as people read them, in the language and the time zone of the browser; and the page's own address.

/** @import {Filter, JobState} from "./types.js" */

/** @type {(keyof Filter)[]} */
const FILTERS = /** @type {const} */ (["state", "type", "requesterId", "text"]);
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const HOUR_SECONDS = 3_600;
const MINUTE_SECONDS = 60;
const SHORT_SECONDS = 10;

/** Return a moment: its time if it is of today, otherwise its date as well. @param {string} iso */
export function formatMoment(iso) {
  const moment = new Date(iso);
  return (moment.toDateString() === new Date().toDateString() ? TIME : DATE).format(moment);
}

/** @param {number} seconds */
export function formatSeconds(seconds) {
  const [hours, minutes] = [seconds / HOUR_SECONDS, (seconds % HOUR_SECONDS) / MINUTE_SECONDS].map(Math.floor);
  if (hours) return `${hours} h ${minutes} min`;
  if (minutes) return `${minutes} min ${Math.floor(seconds % MINUTE_SECONDS)} s`;
  return `${seconds.toFixed(seconds < SHORT_SECONDS ? 1 : 0)} s`;
}

/** @param {number | null} usd */
export const formatUsd = (usd) => (usd === null ? "unknown" : `${usd.toFixed(usd && usd < 0.01 ? 4 : 2)} USD`);

/** Return a field's value as a line of text: rows of a table as JSON. @param {unknown} value @returns {string} */
export function formatValue(value) {
  if (Array.isArray(value)) return value.map(formatValue).join(", ");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
}

/** @type {Record<JobState, string>} */
export const STATE_WORDS = {
  processing: "running",
  waiting: "waiting",
  needsReview: "to review",
  done: "done",
  failed: "failed",
  canceled: "canceled",
};

/** Return an id for the job of a file: its name, and what tells it from others of that name. @param {string} name */
export const makeJobId = (name) =>
  `${name.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9]+/g, "-").slice(0, 60)}-${crypto.randomUUID().slice(0, 8)}`.replace(/^-+/, "");

/** Return a field's name as words: `invoice_number`, `dueDate` and `metrics.revenue`. @param {string} name */
export const formatName = (name) =>
  name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_.]/g, " ").toLowerCase();

/**
 * Read the part of the address behind `#`: which job is open, and which jobs the list shows. Both can be sent as a link.
 * @param {string} hash @returns {{chosen: string | null, filter: Filter, days: number | null}} `days` of the numbers
 */
export function parseAddress(hash) {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const values = new URLSearchParams(query);
  const [state = "", type = "", requesterId = "", text = ""] = FILTERS.map((name) => values.get(name) ?? "");
  const days = path !== "/numbers" ? null : values.get("days") === "30" ? 30 : 1;
  return { chosen: path.match(/^\/jobs\/([\w-]+)$/)?.[1] ?? null, filter: { state, type, requesterId, text }, days };
}

/** @param {{chosen: string | null, filter: Filter, days?: number | null}} address @returns {string} */
export function formatAddress({ chosen, filter, days }) {
  const query = new URLSearchParams(FILTERS.flatMap((name) => (filter[name] ? [[name, filter[name]]] : [])));
  if (days) query.set("days", String(days));
  return `#${days ? "/numbers" : chosen ? `/jobs/${chosen}` : "/"}${query.size ? `?${query}` : ""}`;
}
