// Talks to the server: session, errors in its own words, waiting when the connection breaks.
import { t, known } from './texts.js';
import { sayNetwork } from './notice.js';

export const base = '/api/v1';
export const session = { account: null, csrf: '', setup: false, version: '' };

const waits = [1, 2, 4, 8, 15, 15, 15];
let askToSignIn = null;
let signingIn = null;

export class ApiError extends Error {
  constructor(status, detail, code, waitSeconds) {
    super(detail);
    this.status = status;
    this.code = code;
    this.waitSeconds = waitSeconds;
    this.forPeople = true;
  }
}

export class NetworkError extends Error {
  constructor() {
    super(t('network.lost'));
    this.forPeople = true;
  }
}

export function onSignInNeeded(ask) {
  askToSignIn = ask;
}

export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('aborted', 'AbortError'));
    }, { once: true });
  });
}

function requestOf(method, { json, body, headers = {}, signal }) {
  const all = { Accept: 'application/json', ...headers };
  if (json !== undefined) all['Content-Type'] = 'application/json';
  if (method !== 'GET' && method !== 'HEAD') all['X-CSRF-Token'] = session.csrf;
  return {
    method, headers: all, signal, credentials: 'same-origin', cache: 'no-store',
    body: json === undefined ? body : JSON.stringify(json),
  };
}

async function problemOf(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // An answer of a proxy, or none: its status has to do.
  }
  const wait = Number(response.headers.get('Retry-After')) || 0;
  let detail = known(`problem.${problem.reason}`, { value: problem.value })
    || problem.detail || problem.title || t('error.status', { status: response.status });
  if (response.status === 429 && wait) detail += ` ${t('error.wait', { n: wait })}`;
  return new ApiError(response.status, detail, problem.code, wait);
}

/** Asks for the password once, however many requests were refused. True when the same person is back. */
function signInAgain() {
  const before = session.account?.name;
  signingIn ??= askToSignIn(before).finally(() => { signingIn = null; });
  return signingIn.then(() => !before || session.account?.name === before);
}

/**
 * Sends one request and gives the response. Options: json or body, headers, signal,
 * retry (false: the caller deals with a broken connection), signIn (false: a 401 is an ordinary error).
 */
export async function send(method, path, options = {}) {
  const { retry = true, signIn = true, signal } = options;
  const address = path.startsWith(base) ? path : base + path;
  let toldOfNetwork = false;
  let renewedToken = false;
  for (let attempt = 0; ; attempt += 1) {
    let response;
    try {
      response = await fetch(address, requestOf(method, options));
    } catch (error) {
      if (signal?.aborted) throw error;
      if (retry && attempt < waits.length) {
        toldOfNetwork = true;
        sayNetwork(t('network.again', { n: waits[attempt] }));
        await pause(waits[attempt], signal);
        continue;
      }
      if (toldOfNetwork) sayNetwork('');
      throw new NetworkError();
    }
    if (toldOfNetwork) { sayNetwork(''); toldOfNetwork = false; }
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (problem.status === 401 && signIn && askToSignIn) {
      if (await signInAgain()) continue;
      throw problem;
    }
    // Signing in elsewhere in this browser gives a new token; fetch it once and go on.
    if (problem.status === 403 && /csrf/i.test(problem.code ?? '') && !renewedToken) {
      renewedToken = true;
      await loadSession();
      continue;
    }
    const busy = problem.status === 503 || (problem.status === 429 && signIn);
    if (busy && retry && problem.waitSeconds && attempt < waits.length) {
      toldOfNetwork = true;
      const seconds = Math.min(problem.waitSeconds, 60);
      sayNetwork(`${problem.message} ${t('network.wait', { n: seconds })}`);
      await pause(seconds, signal);
      continue;
    }
    throw problem;
  }
}

async function answer(method, path, options) {
  const response = await send(method, path, options);
  if (response.status === 204) return null;
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

export const get = (path, signal) => answer('GET', path, { signal });
export const post = (path, json, options) => answer('POST', path, { json, ...options });
export const put = (path, json, options) => answer('PUT', path, { json, ...options });
export const patch = (path, json) => answer('PATCH', path, { json });
export const remove = (path) => answer('DELETE', path);
export const postBody = (path, body, type) => answer('POST', path, { body, headers: { 'Content-Type': type } });

/** Parts of an address, made safe: at('classes', id, 'slots'). */
export const at = (...parts) => `/${parts.map((part) => encodeURIComponent(part)).join('/')}`;

function keep(me) {
  Object.assign(session, { account: null, setup: false }, me);
  return session;
}

export async function loadSession() {
  return keep(await answer('GET', '/me', { signIn: false }));
}

export async function signIn(name, password) {
  return keep(await post('/session', { name, password }, { signIn: false }));
}

export async function setUp(token, name, password) {
  return keep(await post('/setup', { token, name, password }, { signIn: false }));
}

export async function signOut() {
  await remove('/session');
  await loadSession();
}

/** A correction answers with the lesson and its own number. */
export async function correct(lesson, what) {
  const result = await post(at('lessons', lesson, 'corrections'), what);
  return { lesson: result, correction: result.correction };
}
