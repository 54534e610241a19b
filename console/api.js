// What the page asks of the HTTP API on its first screen. No file knows the API but this, job_api.js and upload_api.js.

/** @import {Filter, JobSummary} from "./types.js" */

const POLL_SECONDS = 1;
const MAX_POLL_SECONDS = 10;
const TIMEOUT_SECONDS = 30; // a laptop that slept may wait for an answer that never comes
const PAGE_SIZE = 50;
const REQUESTER = "console";

/** @type {import("./sign_in.js").Session | null} */
let session = null;

/** Sign in, if the page's head names an identity provider. On a laptop it names none, and requests need no token. */
export async function signIn() {
  const { provider, client } = /** @type {HTMLMetaElement} */ (document.querySelector("meta[name=sign-in]")).dataset;
  if (provider && client) session = await (await import("./sign_in.js")).openSession(provider, client);
}

/** Whether requests carry a token. Links that the browser follows by itself carry none. */
export const hasSession = () => session !== null;

export const signOut = () => session?.signOut();

/** The requester of what this page sends: with a session, the API accepts no other one. */
export const requester = () => session?.subject ?? REQUESTER;

/**
 * Send a request. Its limit does not count the time that a user takes to sign in again.
 * @param {string} path @param {{method?: string, headers?: Record<string, string>, body?: string}} [init]
 * @param {number} [seconds] @returns {Promise<Response>}
 */
function request(path, init, seconds) {
  /** @param {Record<string, string>} [credentials] */
  const send = (credentials) => {
    const limit = seconds ? { signal: AbortSignal.timeout(seconds * 1000) } : {};
    return fetch(path, { ...init, ...limit, headers: { ...init?.headers, ...credentials } });
  };
  return session ? session.send(send) : send();
}

/** An answer that is no success: the code is for programs, the message for people. */
export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} sentence @param {number} [seconds] until a retry may help */
  constructor(status, code, sentence, seconds = 0) {
    super(sentence);
    this.status = status;
    this.code = code;
    this.seconds = seconds;
  }
}

/**
 * @param {string} method @param {string} path @param {unknown} [body] @param {string} [etag]
 * @returns {Promise<{value: any, etag: string, seconds: number, isStreamed: boolean}>} `value` is null if `etag` is
 *   still that of the answer
 */
export async function send(method, path, body, etag) {
  /** @type {Record<string, string>} */
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (etag) headers["if-none-match"] = etag;
  const sent = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await request(path, sent, TIMEOUT_SECONDS);
  const seconds = readSeconds(response);
  const isStreamed = response.headers.get("link")?.includes('rel="monitor"') ?? false;
  if (response.status === 304) {
    await response.text(); // the browser would log a request that is not read as failed
    return { value: null, etag: etag ?? "", seconds, isStreamed };
  }
  if (!response.ok) throw await readProblem(response);
  return { value: await response.json(), etag: response.headers.get("etag") ?? "", seconds, isStreamed };
}

/** @param {Response} response */
async function readProblem(response) {
  const value = await response.json().catch(() => null);
  const [code, sentence] = [value?.code ?? value?.status ?? "", value?.error ?? describeStatus(response)];
  return new ApiError(response.status, code, sentence, readSeconds(response));
}

/** Return when the API wants to be asked again. @param {Response} response */
const readSeconds = (response) => Number(response.headers.get("retry-after")) || 0;

/** @param {Response} response */
function describeStatus(response) {
  return response.status === 404 ? "there is no such job" : `the API answered ${response.status} ${response.statusText}`;
}

/** @param {string} id */
export const jobPath = (id) => `/jobs/${encodeURIComponent(id)}`;

/** @param {Filter} filter @param {string} [cursor] */
function listPath(filter, cursor) {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  const { text: _, ...asked } = filter; // the page itself looks for it among the jobs that it has
  for (const [name, value] of Object.entries(asked)) if (value) query.set(name, value);
  if (cursor) query.set("cursor", cursor);
  return `/jobs?${query}`;
}

/** @param {Filter} filter @param {string} cursor @returns {Promise<{jobs: JobSummary[], cursor?: string}>} */
export const listMore = async (filter, cursor) => (await send("GET", listPath(filter, cursor))).value;

/** @returns {Promise<string[]>} the types of documents that a job may have */
export const readTypes = async () => (await send("GET", "/types")).value.types.map((/** @type {{name: string}} */ one) => one.name);

/** Return an address of a file that the API answers or redirects to. @param {string} path @returns {Promise<string>} */
export async function readFile(path) {
  const response = await request(path);
  if (response.ok) return URL.createObjectURL(await response.blob());
  throw await readProblem(response);
}

/** @param {string} id */
export const cancel = (id) => send("POST", `${jobPath(id)}/cancel`);
/** @param {string} id @returns {Promise<{id: string}>} */
export const retry = async (id) => (await send("POST", `${jobPath(id)}/retry`)).value;

/**
 * Watch the newest jobs. `onValue` gets null while the answer is the same.
 * @param {Filter} filter @param {Watcher} watcher
 */
export const watchJobs = (filter, watcher) => new Poll(listPath(filter), watcher, POLL_SECONDS);

/**
 * Watch a job. One that runs says itself when to ask again; one that has ended hardly changes.
 * @param {string} id @param {Watcher} watcher
 */
export const watchJob = (id, watcher) => new Poll(jobPath(id), watcher, MAX_POLL_SECONDS);

/** @typedef {{onValue: (value: any) => void, onError: (error: unknown) => void}} Watcher */

/**
 * Asks again and again until it is stopped: at once after `refresh`, and not while the page is hidden. Where the server
 * streams changes, each one is a `refresh`, and what is asked otherwise is a safety net.
 */
class Poll {
  #path;
  #watcher;
  #usualSeconds;
  #wakeUp = new EventTarget();
  #isStopped = false;
  #isDue = false; // whether it was refreshed while a request was under way
  #etag = "";
  #failures = 0;
  /** @type {EventSource | null} */
  #changes = null;

  /** @param {string} path @param {Watcher} watcher @param {number} usualSeconds after an answer without Retry-After */
  constructor(path, watcher, usualSeconds) {
    this.#path = path;
    this.#watcher = watcher;
    this.#usualSeconds = usualSeconds;
    this.#run();
  }

  stop() {
    this.#isStopped = true;
    this.refresh();
  }

  refresh() {
    this.#isDue = true;
    this.#wakeUp.dispatchEvent(new Event("now"));
  }

  async #run() {
    while (!this.#isStopped) {
      this.#isDue = false;
      const seconds = await this.#ask();
      if (!this.#isDue) await this.#pause(this.#changes ? MAX_POLL_SECONDS : seconds);
      if (document.hidden) this.#closeStream(); // a browser has six connections for all of its tabs
      while (document.hidden && !this.#isStopped) await this.#pause(MAX_POLL_SECONDS);
    }
    this.#closeStream();
  }

  /** @returns {Promise<number>} the seconds until the next request */
  async #ask() {
    try {
      const answer = await send("GET", this.#path, undefined, this.#etag);
      if (this.#isStopped) return 0;
      this.#etag = answer.etag;
      this.#failures = 0;
      answer.isStreamed ? this.#openStream() : this.#closeStream();
      this.#watcher.onValue(answer.value);
      return Math.min(answer.seconds || this.#usualSeconds, MAX_POLL_SECONDS);
    } catch (error) {
      if (this.#isStopped) return 0;
      this.#closeStream();
      this.#etag = "";
      this.#failures += 1;
      this.#watcher.onError(error);
      return Math.min(POLL_SECONDS * 2 ** this.#failures, MAX_POLL_SECONDS);
    }
  }

  #openStream() {
    if (this.#changes) return;
    const changes = (this.#changes = new EventSource(this.#path));
    changes.onmessage = ({ data }) => data !== this.#etag && this.refresh();
    changes.onerror = () => (this.#closeStream(), this.refresh());
  }

  #closeStream() {
    this.#changes?.close();
    this.#changes = null;
  }

  /** Wait, but no longer than until the page is shown or online again, or refreshed. @param {number} seconds */
  #pause(seconds) {
    return new Promise((resolve) => {
      const done = new AbortController();
      const end = () => (clearTimeout(timer), done.abort(), resolve(null));
      const timer = setTimeout(end, seconds * 1000);
      this.#wakeUp.addEventListener("now", end, { signal: done.signal });
      document.addEventListener("visibilitychange", end, { signal: done.signal });
      addEventListener("online", end, { signal: done.signal });
    });
  }
}
