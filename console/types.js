// The values that the console shares. Those of the API have the names of docs/openapi.json.

/** @typedef {"processing" | "waiting" | "needsReview" | "done" | "failed" | "canceled"} JobState */
/** @typedef {{decision: string, reason: string, since?: string, until: string, message?: string}} Question */
/** @typedef {{code: string, message: string, step?: string}} JobFailure */
/** @typedef {{done: number, of: number}} PageCount */
/** @typedef {{step: string, number: number, of: number, attempt: number, since: string, pages?: PageCount}} Progress */

/**
 * A job in a list.
 * @typedef {{id: string, state: JobState, type: string, requesterId: string, createdAt: string, endedAt?: string,
 *   question?: Question}} JobSummary
 */

/** @typedef {{self: string, cancel?: string, result?: string, retry?: string, text?: string, document?: string}} JobLinks */

/**
 * A job as its own resource.
 * @typedef {JobSummary & {links: JobLinks, startedAt?: string, progress?: Progress, error?: JobFailure,
 *   retryOf?: string, revokedAt?: string}} Job
 */

/** @typedef {{[name: string]: unknown}} Values by the names of the API: `amount`, `line_items.2.price` */
/** @typedef {{[name: string]: string | null}} Edits what was typed, by those names; null where it was removed */

/**
 * A field of a type of document.
 * @typedef {{name: string, kind: string, many?: boolean, choices?: string[], description?: string,
 *   columns?: {name: string, kind: string, choices?: string[], description?: string}[]}} Field
 */

/** @typedef {{original: unknown, value: unknown}} Correction */
/** @typedef {{decision: string, reviewer?: string, at: string, comment?: string, corrections: {[name: string]: Correction}}} Review */

/** @typedef {{page: number, quote: string, confidence?: number, verified?: boolean, box?: number[]}} Evidence */

/**
 * What was found in a document: its result, or what waits for a review.
 * @typedef {{pageCount: number, summary: string, values: Values, fields: Field[], evidence: {[name: string]: Evidence},
 *   warnings: string[], costUsd?: number | null, analyzer?: string, review?: Review}} Findings
 */

/**
 * A call of a job. Times are in seconds since 1970.
 * @typedef {{id: string, name: string, kind: string, state: string, depth: number, createdAt: number,
 *   settledAt?: number | null, timeoutAt?: number, attempts?: number | null, worker?: string}} Operation
 */

/**
 * @typedef {{operations: Operation[], createdAt: number, settledAt?: number | null, worker?: string, costUsd?: number,
 *   limitUsd?: number}} History
 */

/** @typedef {{at: string, statusCode?: number, error?: string}} Attempt */

/**
 * @typedef {{eventId: string, eventType: string, number: number, receiver: string, state: string, createdAt: string,
 *   attempts: Attempt[], nextAttemptAt?: string}} Delivery
 */

/** @typedef {{done: number, of: number, failures: {id: string, sentence: string}[]}} Bulk an action on many jobs */
/** @typedef {{state: string, type: string, requesterId: string, text: string}} Filter `text`: of the loaded jobs */
/** @typedef {{name: string, sent: number, size: number, job?: string, error?: string}} Upload */

/** @typedef {{start: string, type: string, done: number, failed: number, canceled: number, open: number,
 *   costUsd: number, withoutCost: number}} JobNumbers */
/** @typedef {{from: string, until: string, period: string, isComplete: boolean, jobs: JobNumbers[],
 *   failures: {code: string, jobs: number}[], resultSeconds?: {p50: number, p95: number},
 *   oldestJob?: {id: string, createdAt: string}, oldestDecision?: {jobId: string, since: string}}} Numbers */

/** @typedef {{page: number, url: string, problem: string}} PageImage without an address while it is drawn */

/**
 * What the page shows. Views are functions of it; `update` in app.js is the only place that changes it.
 * @typedef {object} State
 * @property {Filter} filter
 * @property {JobSummary[] | null} jobs null until the first answer
 * @property {string | null} cursor of the next page of the list
 * @property {string | null} chosen the id of the open job
 * @property {number | null} days how many the numbers are of, while they are shown
 * @property {Numbers | null} numbers null until they are counted
 * @property {Job | null} job
 * @property {boolean} isMissing whether the server has no such job
 * @property {string} why
 * @property {History | null} history
 * @property {Findings | null} findings
 * @property {Edits} edits corrections that were typed and not yet sent
 * @property {string[]} queue the jobs that wait for a review, the oldest first
 * @property {Delivery[]} deliveries
 * @property {string} reviewer who decides, where no one has signed in
 * @property {string | null} pointed the field under the pointer or the focus
 * @property {number} page the page of the document that is shown
 * @property {PageImage} image
 * @property {Set<string>} selected the ids of jobs
 * @property {Bulk | null} bulk
 * @property {Upload[]} uploads
 * @property {string[]} types of documents
 * @property {string} uploadType
 * @property {boolean} asksReview whether a person approves the findings of the next uploads
 * @property {string} problem why the API does not answer, while it does not
 * @property {string} notice the last change, for screen readers and eyes alike
 * @property {boolean} isBusy whether an action is under way
 */

export {};
