// What goes on while the person does other things: uploads, tasks on the server, and its events.
import { get, remove, at, base, session } from './api.js';
import { Upload } from './upload.js';
import { say, sayError } from './notice.js';
import { h } from './dom.js';
import { t, known } from './texts.js';

const pollMs = 3000;
const reopenMs = 30000;

/** Events: 'work' (uploads or tasks changed), 'change' (detail {kind, id}). */
export const work = new EventTarget();
export let tasks = [];
export const uploads = [];

let source = null;
let listening = false;
let pollTimer = 0;
let reopenTimer = 0;
let sending = false;
let taskLoad = null;

const tell = (name, detail) => work.dispatchEvent(new CustomEvent(name, { detail }));
const isActive = (task) => task.state === 'waiting' || task.state === 'running';

export function startWork() {
  stopWork();
  openEvents();
  loadTasks().catch(sayError);
}

export function stopWork() {
  source?.close();
  source = null;
  listening = false;
  clearTimeout(pollTimer);
  clearTimeout(reopenTimer);
  tasks = [];
}

function openEvents() {
  if (!window.EventSource) return;
  source = new EventSource(`${base}/events`);
  source.addEventListener('open', () => { listening = true; });
  source.addEventListener('change', (event) => onChange(event.data));
  source.addEventListener('error', () => {
    listening = false;
    pollSoon();
    // The browser tries again by itself, except where the server refused.
    if (source?.readyState !== EventSource.CLOSED) return;
    clearTimeout(reopenTimer);
    reopenTimer = setTimeout(() => { if (session.account) openEvents(); }, reopenMs);
  });
}

function onChange(data) {
  let change;
  try {
    change = JSON.parse(data);
  } catch {
    return;
  }
  if (change.kind === 'task') loadTasks().catch(sayError);
  else tell('change', change);
}

function pollSoon() {
  clearTimeout(pollTimer);
  if (listening || !session.account || !tasks.some(isActive)) return;
  pollTimer = setTimeout(() => loadTasks().catch(sayError), pollMs);
}

/** One load at a time; a change that comes in meanwhile asks for another. */
export function loadTasks() {
  if (taskLoad) {
    taskLoad.again = true;
    return taskLoad.promise;
  }
  taskLoad = { again: false };
  taskLoad.promise = loadTasksNow().finally(() => {
    const { again } = taskLoad;
    taskLoad = null;
    if (again) loadTasks().catch(sayError);
    else pollSoon();
  });
  return taskLoad.promise;
}

async function loadTasksNow() {
  const before = new Map(tasks.map((task) => [task.task, task.state]));
  tasks = (await get('/tasks')).tasks;
  tell('work');
  for (const task of tasks) {
    const was = before.get(task.task);
    if (!was || was === task.state) continue;
    if (task.state === 'done') tellDone(task);
    if (task.state === 'failed') say(t('task.failed', { what: task.what, message: outcome(task) }));
  }
}

/** What came of it, in our words where its reason is known. */
export function outcome(task) {
  if (task.state === 'done') return t('task.result', task);
  return task.state === 'failed' ? known(`problem.${task.reason}`, task) || task.message || '' : '';
}

function tellDone(task) {
  const roll = task.lesson === null ? null : h('a', { href: `#/lesson/${task.lesson}` }, t('open.roll'));
  say(t('task.done', { what: task.what }), roll);
  // Without events nobody else says that the lesson is new.
  if (!listening) tell('change', { kind: 'lesson', id: task.lesson });
}

export async function endTask(task) {
  await remove(at('tasks', task.task));
  await loadTasks();
}

/** Queues videos; they go up one after the other so that the first is ready early. */
export function addVideos(files, fields) {
  for (const file of files) uploads.push(new Upload(file, fields, () => tell('work')));
  tell('work');
  sendNext();
}

async function sendNext() {
  if (sending) return;
  const upload = uploads.find((one) => one.state === 'waiting');
  if (!upload) return;
  sending = true;
  try {
    await upload.run();
    uploads.splice(uploads.indexOf(upload), 1);
    await loadTasks();
  } catch (error) {
    if (upload.state !== 'ended') {
      upload.error = error.message;
      upload.change('failed');
      sayError(error);
    }
  } finally {
    sending = false;
    tell('work');
    sendNext();
  }
}

/** Someone else must not send on what this person began; the server keeps the part that it has. */
export function dropUploads() {
  for (const upload of uploads.splice(0)) {
    upload.state = 'ended';
    upload.control.abort();
  }
  tell('work');
}

export async function endUpload(upload) {
  const index = uploads.indexOf(upload);
  if (index >= 0) uploads.splice(index, 1);
  tell('work');
  if (upload.state !== 'failed') await upload.cancel();
}

export function uploadAgain(upload) {
  upload.error = '';
  upload.change('waiting');
  sendNext();
}

window.addEventListener('beforeunload', (event) => {
  if (uploads.some((upload) => upload.state !== 'failed' && upload.state !== 'ended')) event.preventDefault();
});
