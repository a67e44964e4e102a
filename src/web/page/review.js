// Review: one doubtful sight after the other, one key each.
import { h, bdi, button, link, face, initials, swap, studentSearch, check, exportMenu } from './dom.js';
import { get, post, remove, at, correct } from './api.js';
import { inDoubt, titleOf } from './lesson.js';
import { recognisable, whyOf } from './roll.js';
import { clock, similarity } from './format.js';
import { shortcutsOn } from './shortcuts.js';
import { say } from './notice.js';
import { t } from './texts.js';

export async function show({ params: [number], signal, listen }) {
  const state = {
    number, lesson: await get(at('lessons', number), signal),
    queue: [], at: 0, denied: new Map(), history: [], withUnknown: false, busy: false,
  };
  fillQueue(state);
  const host = h('div', { class: 'review' });
  state.draw = () => swap(host, ...content(state));
  state.draw();
  listen(document, 'keydown', (event) => onKey(event, state, host));
  return {
    title: t('review.title', { title: titleOf(state.lesson) }),
    nodes: [host],
    async refresh(change) {
      if (change.kind !== 'lesson' || String(change.id) !== String(number) || state.busy) return;
      const lesson = await get(at('lessons', number), signal);
      if (state.busy) return;
      state.lesson = lesson;
      addNew(state);
      // Drawing now would take away a search that is being typed.
      if (!host.querySelector('input[type=search]')?.value) state.draw();
    },
  };
}

function wanted({ lesson, withUnknown }) {
  const doubts = inDoubt(lesson);
  const unknown = withUnknown ? lesson.tracks.filter((track) => track.band === 'unknown' && !track.by_hand) : [];
  return [...doubts, ...unknown].map((track) => track.track);
}

function fillQueue(state) {
  state.queue = wanted(state);
  state.at = 0;
  state.history = [];
}

function addNew(state) {
  for (const track of wanted(state)) if (!state.queue.includes(track)) state.queue.push(track);
}

function current(state) {
  while (state.at < state.queue.length) {
    const track = state.lesson.tracks.find((one) => one.track === state.queue[state.at]);
    if (track) return track;
    state.queue.splice(state.at, 1);
  }
  return null;
}

function candidatesOf(state, track) {
  const denied = state.denied.get(track.track);
  return track.candidates.filter((one) => !denied?.has(one.id));
}

function content(state) {
  const back = link(`#/lesson/${state.number}`, t('review.back'), { class: 'button', 'data-key': 'back' });
  const track = current(state);
  if (!track) return [finished(state, back)];
  const candidates = candidatesOf(state, track);
  return [
    h('p', {}, h('strong', {}, t('review.place', { n: state.at + 1, of: state.queue.length }))),
    h('div', { class: 'pair' }, sight(track), candidateCard(state, candidates[0])),
    h('p', { class: 'note' }, h('strong', {}, t('review.why')), ' ', whyOf(track) || t(`band.${track.band}`),
      ' ', track.face_px ? t('review.face', { n: Math.round(track.face_px) }) : ''),
    answerButtons(state, candidates),
    otherCandidates(state, candidates),
    searchPart(state, track),
    unknownToo(state),
    h('div', { class: 'actions' }, back)];
}

function sight(track) {
  return h('figure', {},
    track.picture ? face(track.track, '?', { class: 'strip big', width: null, loading: 'eager', alt: t('review.sight') }) : initials('?'),
    h('figcaption', {}, t('review.sight'), ' ', `${clock(track.from)}–${clock(track.to)}`));
}

function candidateCard(state, candidate) {
  if (!candidate) return h('figure', {}, initials('?'), h('figcaption', {}, t('review.no.candidate')));
  const student = state.lesson.students.find((one) => one.id === candidate.id);
  return h('figure', {},
    face(student?.picture ?? null, candidate.name, { class: 'face big', loading: 'eager', alt: t('review.picture.of', { name: candidate.name }) }),
    h('figcaption', {}, h('strong', { class: 'large' }, bdi(candidate.name)), ' ',
      t('review.similar', { value: similarity(candidate.similarity) }), ' ',
      h('meter', { min: 0, max: 1, value: candidate.similarity, 'aria-hidden': 'true' })));
}

function keyed(key, label, work, props = {}) {
  const hint = shortcutsOn() ? h('kbd', { 'aria-hidden': 'true' }, key) : null;
  return button([label, ' ', hint].filter(Boolean), work,
    { 'data-key': `key-${key}`, 'aria-keyshortcuts': shortcutsOn() ? key : null, ...props });
}

function answerButtons(state, [first]) {
  return h('div', { class: 'actions answers' },
    first && keyed('y', [t('review.yes'), ' ', bdi(first.name)], () => is(state, first.id, first.name), { class: 'primary' }),
    first && keyed('n', t('not.him'), () => isNot(state, first)),
    keyed('x', t('nobody'), () => nobody(state)),
    keyed('i', t('review.skip'), () => skip(state)),
    state.history.length > 0 && keyed('u', t('undo'), () => undo(state)));
}

function otherCandidates(state, candidates) {
  if (candidates.length < 2) return null;
  return h('div', {}, h('h2', {}, t('review.others')), h('ol', { class: 'picks' }, candidates.slice(0, 9).map((one, index) => h('li', {},
    keyed(String(index + 1), [bdi(one.name), ' ', h('small', {}, similarity(one.similarity))], () => is(state, one.id, one.name))))));
}

function searchPart(state, track) {
  const search = studentSearch(recognisable(state.lesson.students), (student) => is(state, student.id, student.name),
    { limit: 8, label: t('review.search'), key: `search-${track.track}` });
  const list = search.element.querySelector('ul');
  list.hidden = true;
  search.box.addEventListener('input', () => { list.hidden = !search.box.value.trim(); });
  search.box.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    search.box.value = '';
    list.hidden = true;
    search.box.blur();
  });
  return search.element;
}

function unknownToo(state) {
  const { box, row } = check(t('review.unknown.too'), { checked: state.withUnknown, 'data-key': 'unknown-too' });
  box.addEventListener('change', () => {
    state.withUnknown = box.checked;
    const track = current(state)?.track;
    if (box.checked) addNew(state); else fillQueue(state);
    state.at = Math.max(0, state.queue.indexOf(track));
    state.draw();
  });
  return row;
}

function finished(state, back) {
  const { lesson, number } = state;
  const finish = async () => {
    state.lesson = await post(at('lessons', number, 'finish'));
    say(t('lesson.finished'));
    state.draw();
  };
  return h('div', {},
    h('p', {}, state.queue.length ? t('review.done') : t('review.nothing')),
    h('div', { class: 'actions' },
      !lesson.finished && button(t('lesson.finish'), finish, { class: 'primary', 'data-key': 'finish' }),
      exportMenu(t('export'), at('lessons', number, 'attendance'), ['csv', 'moodle', 'json', 'html'], 'export'),
      state.history.length > 0 && keyed('u', t('undo'), () => undo(state)), back),
    unknownToo(state));
}

/** One answer at a time: a key pressed while the last is on its way would hit a sight nobody has looked at. */
async function once(state, work) {
  if (state.busy) return;
  state.busy = true;
  try {
    await work();
  } finally {
    state.busy = false;
    state.draw();
  }
}

async function sendAnswer(state, what) {
  const { track } = current(state);
  const result = await correct(state.number, { track, ...what });
  state.lesson = result.lesson;
  state.history.push({ track, correction: result.correction, denied: what.kind === 'not' ? what.student : null });
}

function next(state, text) {
  state.at += 1;
  const track = current(state);
  const [first] = track ? candidatesOf(state, track) : [];
  say([text, track ? t('review.next', { n: state.at + 1, of: state.queue.length, name: first?.name ?? '?' }) : t('review.done')].join(' '));
}

const is = (state, student, name) => once(state, async () => {
  await sendAnswer(state, { kind: 'is', student });
  next(state, t('review.is', { name }));
});

const nobody = (state) => once(state, async () => {
  await sendAnswer(state, { kind: 'nobody' });
  next(state, t('review.is.nobody'));
});

const skip = (state) => once(state, async () => {
  state.history.push({ track: current(state).track, correction: null });
  next(state, t('review.skipped'));
});

/** Not the first candidate: the next one is asked for, unless the server has made up its mind by then. */
const isNot = (state, candidate) => once(state, async () => {
  const { track } = current(state);
  await sendAnswer(state, { kind: 'not', student: candidate.id });
  if (!state.denied.has(track)) state.denied.set(track, new Set());
  state.denied.get(track).add(candidate.id);
  const after = current(state);
  const text = t('review.not', { name: candidate.name });
  if (after?.track === track && after.band === 'review' && candidatesOf(state, after).length) say(text);
  else next(state, text);
});

const undo = (state) => once(state, async () => {
  const last = state.history.at(-1);
  if (!last) return;
  if (last.correction !== null) state.lesson = await remove(at('lessons', state.number, 'corrections', last.correction));
  state.history.pop();
  if (last.denied) state.denied.get(last.track)?.delete(last.denied);
  addNew(state);
  state.at = Math.max(0, state.queue.indexOf(last.track));
  say(t('undone'));
});

function onKey(event, state, host) {
  const { key } = event;
  if (!shortcutsOn() || event.repeat || event.ctrlKey || event.altKey || event.metaKey || key.length !== 1) return;
  if (document.querySelector('dialog[open]') || event.target.closest?.('input:not([type=checkbox]),select,textarea')) return;
  const answer = host.querySelector(`[data-key="key-${CSS.escape(key)}"]`);
  if (answer) {
    event.preventDefault();
    answer.click();
  } else if (key === '/' || /\p{L}/u.test(key)) startSearch(event, host);
}

/** Any other letter begins a search; '/' and capital letters do so for names that start with y, n, x, i or u. */
function startSearch(event, host) {
  const box = host.querySelector('input[type=search]');
  if (!box) return;
  event.preventDefault();
  box.focus();
  if (event.key === '/') return;
  box.value = event.key;
  box.dispatchEvent(new Event('input'));
}
