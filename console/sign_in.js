// Sign-in at an identity provider, by a code with PKCE. Tokens stay in the memory of this page, so a reload signs in
// again: silently, while the provider remembers the browser. Of other modules this one knows none, and no route of the API.

const KEPT = "sign-in"; // what this tab has to know when the provider sends it back
const SIGNED_OUT = "signed-out";
const CHANNEL = "sign-in";
const AGAIN = "again."; // begins the state of a sign-in in a window of its own
const EARLY_SECONDS = 30; // a token is renewed so long before it ends
const RANDOM_BYTES = 32;
const WINDOW = "popup,width=480,height=720";

/** @typedef {{state: string, verifier: string}} Attempt */

/**
 * Return a session, at once or after the provider has sent the browser back to this page.
 * @param {string} provider the origin of its pages @param {string} client the id of this page there
 * @returns {Promise<Session>}
 */
export async function openSession(provider, client) {
  const session = new Session(provider, client);
  const answer = takeAnswer();
  if (answer?.state.startsWith(AGAIN)) return passOn(answer);
  if (answer && (await session.complete(answer, takeKept()))) return session;
  if (answer) await askToGoOn("The sign-in did not succeed.", "Sign in");
  else if (sessionStorage.getItem(SIGNED_OUT)) await askToGoOn("You have signed out.", "Sign in");
  sessionStorage.removeItem(SIGNED_OUT);
  return session.leave();
}

/** What the page sends to the API, with a token that is good. */
export class Session {
  #provider;
  #client;
  #access = "";
  #refresh = "";
  #endsAt = 0;
  /** @type {Promise<void> | null} */
  #renewal = null;
  /** The user's id at the provider, which is the requester of what the user sends. */
  subject = "";

  /** @param {string} provider @param {string} client */
  constructor(provider, client) {
    this.#provider = provider;
    this.#client = client;
  }

  /**
   * Send a request to the API. One that it refuses for its token is sent again with a new one, for which the user may
   * have to sign in; until then it waits.
   * @param {(credentials: Record<string, string>) => Promise<Response>} send @returns {Promise<Response>}
   */
  async send(send) {
    if (Date.now() >= this.#endsAt) await this.#renew(this.#access);
    const token = this.#access;
    const response = await send(makeHeader(token));
    if (response.status !== 401) return response;
    await this.#renew(token);
    return send(makeHeader(this.#access));
  }

  /** End the session here and at the provider, which sends the browser back to this page. */
  signOut() {
    sessionStorage.setItem(SIGNED_OUT, "yes");
    const form = new URLSearchParams({ token: this.#refresh, client_id: this.#client });
    // A best effort, whose answer is not read: the provider ends its own session below.
    fetch(`${this.#provider}/oauth2/revoke`, { method: "POST", mode: "no-cors", keepalive: true, body: form }).catch(() => null);
    location.assign(`${this.#provider}/logout?${new URLSearchParams({ client_id: this.#client, logout_uri: home() })}`);
  }

  /** Go to the provider's page, and come back to this address. @returns {Promise<never>} */
  async leave() {
    const attempt = makeAttempt();
    sessionStorage.setItem(KEPT, JSON.stringify({ ...attempt, hash: location.hash }));
    location.replace(await this.#address(attempt));
    return new Promise(() => {}); // this page is about to go
  }

  /**
   * Take the provider's answer, if it is the one that this tab waits for.
   * @param {Answer} answer @param {Attempt | null} attempt @returns {Promise<boolean>} whether the user is signed in
   */
  async complete(answer, attempt) {
    if (!answer.code || !attempt || answer.state !== attempt.state) return false;
    const code = { grant_type: "authorization_code", code: answer.code, code_verifier: attempt.verifier, redirect_uri: home() };
    return this.#redeem(code).catch(() => false);
  }

  /** Get another token in place of this one. Requests at the same time wait for the same one. @param {string} old */
  async #renew(old) {
    if (this.#access !== old) return;
    this.#renewal ??= this.#replaceToken().finally(() => (this.#renewal = null));
    await this.#renewal;
  }

  async #replaceToken() {
    const isRenewed = await this.#redeem({ grant_type: "refresh_token", refresh_token: this.#refresh });
    if (!isRenewed) await this.#signInAgain();
  }

  /** Let the user sign in in a window of its own: this page keeps what was typed. */
  async #signInAgain() {
    const before = this.subject;
    for (let isDone = false; !isDone; ) {
      const attempt = makeAttempt(AGAIN);
      const address = await this.#address(attempt);
      const dialog = showDialog("Your session has ended. What you have typed is still here.", "Sign in again", () =>
        window.open(address, CHANNEL, WINDOW),
      );
      isDone = await this.complete(await waitForAnswer(attempt.state), attempt);
      dialog.remove();
    }
    if (this.subject === before) return;
    location.reload(); // what this page shows is the former user's
    await new Promise(() => {}); // what waits to be sent is, too: it must not go out as the other user's
  }

  /** @param {Attempt} attempt */
  async #address({ state, verifier }) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const query = new URLSearchParams({
      response_type: "code", client_id: this.#client, redirect_uri: home(), scope: "openid", state,
      code_challenge: encodeBase64Url(new Uint8Array(digest)), code_challenge_method: "S256",
    });
    return `${this.#provider}/oauth2/authorize?${query}`;
  }

  /**
   * Get tokens for a code or a refresh token. Raises if the provider does not answer.
   * @param {Record<string, string>} grant @returns {Promise<boolean>} false if the provider refuses it
   */
  async #redeem(grant) {
    const body = new URLSearchParams({ ...grant, client_id: this.#client });
    const response = await fetch(`${this.#provider}/oauth2/token`, { method: "POST", body });
    if (!response.ok) {
      if (response.status < 500) return false;
      throw new Error(`the sign-in service answered ${response.status}`);
    }
    const tokens = await response.json();
    this.#access = tokens.access_token;
    this.#refresh = tokens.refresh_token ?? this.#refresh;
    this.#endsAt = Date.now() + (tokens.expires_in - EARLY_SECONDS) * 1000;
    this.subject = readSubject(this.#access);
    return true;
  }
}

/** @param {string} token */
const makeHeader = (token) => ({ authorization: `Bearer ${token}` });

const home = () => `${location.origin}/`;

/** @returns {Attempt} a sign-in that no other page can complete @param {string} [kind] */
const makeAttempt = (kind = "") => ({ state: kind + makeRandomText(), verifier: makeRandomText() });

const makeRandomText = () => encodeBase64Url(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));

/** @param {Uint8Array} bytes */
const encodeBase64Url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The API checks the token; this page only reads who its user is. @param {string} token @returns {string} */
const readSubject = (token) => JSON.parse(atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"))).sub;

/** @typedef {{state: string, code: string}} Answer the code is empty if the provider has refused */

/** Take the provider's answer out of the address. @returns {Answer | null} */
function takeAnswer() {
  const query = new URLSearchParams(location.search);
  const state = query.get("state");
  if (state === null) return null;
  history.replaceState(null, "", "/");
  return { state, code: query.get("code") ?? "" };
}

/** Take what this tab has kept, and go to the address that it had. @returns {Attempt | null} */
function takeKept() {
  const text = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (!text) return null;
  const kept = JSON.parse(text);
  history.replaceState(null, "", `/${kept.hash}`);
  return kept;
}

/** Give the answer to the page that has opened this window. @param {Answer} answer @returns {Promise<never>} */
function passOn(answer) {
  new BroadcastChannel(CHANNEL).postMessage(answer);
  const root = document.getElementById("root");
  if (root) root.textContent = "You can close this window.";
  window.close();
  return new Promise(() => {});
}

/** @param {string} state @returns {Promise<Answer>} */
function waitForAnswer(state) {
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      if (data.state !== state) return;
      channel.close();
      resolve(data);
    };
  });
}

/** @param {string} sentence @param {string} action @returns {Promise<void>} */
async function askToGoOn(sentence, action) {
  /** @type {HTMLDialogElement | undefined} */
  let dialog;
  await new Promise((resolve) => (dialog = showDialog(sentence, action, () => resolve(null))));
  dialog?.remove();
}

/** @param {string} sentence @param {string} action @param {() => void} onClick */
function showDialog(sentence, action, onClick) {
  const [dialog, text, button] = [document.createElement("dialog"), document.createElement("p"), document.createElement("button")];
  text.id = "sign-in-text";
  text.textContent = sentence;
  button.textContent = action;
  button.className = "button";
  button.onclick = onClick;
  dialog.className = "card sign-in";
  dialog.setAttribute("aria-labelledby", text.id);
  dialog.oncancel = (event) => event.preventDefault(); // without a session the page can do nothing
  dialog.append(text, button);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
