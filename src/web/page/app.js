// Starts the page: who is signed in, which screen is shown, and what refreshes it.
import { h, link, button, bdi } from './dom.js';
import { session, loadSession, signOut, onSignInNeeded } from './api.js';
import { startWork, stopWork, dropUploads, work } from './work.js';
import { sayError, clearErrors, sayNothing } from './notice.js';
import { t, language, languages, setLanguage } from './texts.js';
import { signInDialog, show as signInScreen } from './signin.js';
import { show as setupScreen } from './setup.js';
import { show as todayScreen } from './today.js';
import { show as classScreen } from './class.js';
import { show as unknownScreen } from './unknown.js';
import { show as lessonScreen } from './lesson.js';
import { show as reviewScreen } from './review.js';
import { show as studentScreen } from './student.js';
import { show as settingsScreen } from './settings.js';

const routes = [
  [/^\/$/, todayScreen], [/^\/setup$/, setupScreen], [/^\/signin$/, signInScreen],
  [/^\/class\/([^/]+)$/, classScreen], [/^\/class\/([^/]+)\/unknown$/, unknownScreen],
  [/^\/lesson\/(\d+)$/, lessonScreen], [/^\/lesson\/(\d+)\/review$/, reviewScreen],
  [/^\/student\/([^/]+)$/, studentScreen], [/^\/settings$/, settingsScreen],
];
const refreshDelayMs = 300;

let screen = null;
let control = new AbortController();
let comeBackTo = '#/';
let firstShow = true;
let refreshTimer = 0;
const pending = new Map();

const byId = (id) => document.getElementById(id);

function parseHash() {
  const [path, query = ''] = location.hash.replace(/^#/, '').split('?');
  return { path: path || '/', query: new URLSearchParams(query) };
}

function go(hash) {
  if (location.hash === hash || (hash === '#/' && location.hash === '')) navigate();
  else location.hash = hash;
}

/** Where this person may go now: first run, sign-in, or the screen that was asked for. */
function allowed(path) {
  if (session.setup && path !== '/setup') return '#/setup';
  if (!session.setup && !session.account && path !== '/signin') {
    if (path !== '/setup') comeBackTo = location.hash || '#/';
    return '#/signin';
  }
  if (session.account && path === '/signin') return '#/';
  return null;
}

async function navigate() {
  const { path, query } = parseHash();
  const elsewhere = allowed(path);
  if (elsewhere) {
    location.replace(elsewhere);
    return;
  }
  control.abort();
  control = new AbortController();
  const { signal } = control;
  screen = null;
  pending.clear();
  clearErrors();
  if (!firstShow) sayNothing();
  drawFrame(path);
  byId('main').setAttribute('aria-busy', 'true');
  try {
    const [shower, params] = match(path);
    const shown = shower ? await shower(contextOf(params, query, signal)) : { title: t('not.found'), nodes: [link('#/', t('today'))] };
    if (!signal.aborted) place(shown);
  } catch (error) {
    if (signal.aborted) return;
    place({ title: t('error.title'), nodes: [h('p', {}, error.message), button(t('again'), () => navigate(), { class: 'primary' })] });
    if (!error.forPeople) console.error(error);
  } finally {
    if (!signal.aborted) byId('main').removeAttribute('aria-busy');
  }
}

function match(path) {
  for (const [pattern, shower] of routes) {
    const found = pattern.exec(path);
    if (found) return [shower, found.slice(1).map(decode)];
  }
  return [null, []];
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function contextOf(params, query, signal) {
  return {
    params, query, signal, go, changeLanguage, leave,
    // Listeners of a screen end with it.
    listen: (target, name, react) => target.addEventListener(name, react, { signal }),
    accountMade() { startWork(); drawFrame('/setup'); },
    signedIn() { startWork(); const back = comeBackTo; comeBackTo = '#/'; go(back); },
  };
}

function place(shown) {
  screen = shown;
  document.title = `${shown.title} – homeroom`;
  const heading = h('h1', { tabindex: '-1' }, bdi(shown.title));
  byId('main').replaceChildren(heading, ...shown.nodes.flat(3).filter(Boolean));
  // On the first show the browser's own start at the top of the page is right.
  if (!firstShow) {
    window.scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }
  firstShow = false;
}

function drawFrame(path) {
  document.documentElement.lang = language();
  byId('skip').textContent = t('skip');
  const item = (href, text) => h('li', {}, link(href, text, { 'aria-current': path === href.slice(1) ? 'page' : null }));
  byId('header').replaceChildren(h('strong', { class: 'brand' }, 'homeroom'));
  if (session.account) {
    byId('header').append(h('nav', { 'aria-label': t('nav') }, h('ul', {}, item('#/', t('today')), item('#/settings', t('settings')))),
      h('span', { class: 'me' }, bdi(session.account.name)), button(t('signout'), leave));
  }
  byId('footer').replaceChildren(...Object.entries(languages).filter(([name]) => name !== language())
    .map(([name, text]) => button(text, () => changeLanguage(name), { lang: name })));
}

function changeLanguage(name) {
  setLanguage(name);
  navigate();
}

async function leave() {
  await signOut();
  dropUploads();
  stopWork();
  comeBackTo = '#/';
  go('#/signin');
}

/** Changes come in bunches; the screen asks the server once for all of the same thing. */
function onChange({ detail }) {
  pending.set(`${detail.kind} ${detail.id}`, detail);
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(refreshScreen, refreshDelayMs);
}

async function refreshScreen() {
  const changes = [...pending.values()];
  pending.clear();
  for (const change of changes) {
    try {
      await screen?.refresh?.(change);
    } catch (error) {
      sayError(error);
    }
  }
}

async function askAgain(name) {
  await signInDialog(name);
  const sameOne = session.account?.name === name;
  if (!sameOne) dropUploads();
  startWork();
  if (!sameOne) navigate();
}

async function start() {
  document.documentElement.lang = language();
  onSignInNeeded(askAgain);
  window.addEventListener('hashchange', navigate);
  work.addEventListener('change', onChange);
  byId('skip').addEventListener('click', (event) => { event.preventDefault(); byId('main').focus(); });
  try {
    await loadSession();
  } catch (error) {
    place({ title: t('error.title'), nodes: [h('p', {}, error.message), button(t('again'), () => location.reload(), { class: 'primary' })] });
    return;
  }
  if (session.account) startWork();
  navigate();
}

start();
