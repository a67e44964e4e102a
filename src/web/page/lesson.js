// The roll of one lesson: who was there, from when to when, and everything that corrects it by hand.
import { h, svg, bdi, button, link, face, initials, table, section, folded, exportMenu, swap, openDialog, confirmed,
  pickStudent, sayUndo, form, field, input, submit } from './dom.js';
import { get, post, put, remove, at, correct } from './api.js';
import { unknownList, recognisable, nameUnknown, namedText, whyOf } from './roll.js';
import { day, clock, seconds, duration, moment } from './format.js';
import { say } from './notice.js';
import { t, code } from './texts.js';

const marks = ['present', 'late', 'left_early', 'absent', 'excused'];
const symbols = {
  present: '✓', late: '◔', left_early: '◕', absent: '✗', excused: '○', review: '?', not_filmed: '–', unmarked: '·', not_enrolled: '–',
};
const statusOrder = ['review', 'absent', 'unmarked', 'late', 'left_early', 'excused', 'not_filmed', 'present', 'not_enrolled'];
const sortKey = 'homeroom.sort';

export const inDoubt = (lesson) => lesson.tracks.filter((track) => track.band === 'review' && !track.by_hand);

export async function show({ params: [number], signal, go }) {
  let lesson = await get(at('lessons', number), signal);
  const host = h('div', {});
  const update = (next) => { lesson = next; draw(); };
  const draw = () => swap(host, ...content(lesson, { number, update, go }));
  draw();
  return {
    title: titleOf(lesson),
    nodes: [host],
    async refresh(change) {
      if (change.kind === 'lesson' && String(change.id) !== String(number)) return;
      if (change.kind === 'task') return;
      update(await get(at('lessons', number), signal));
    },
  };
}

export function titleOf(lesson) {
  return [lesson.title || lesson.class, day(lesson.day)].join(', ');
}

function content(lesson, tools) {
  return [
    lead(lesson),
    actions(lesson, tools),
    lesson.keeps === false && h('p', { class: 'note' }, t('lesson.keeps.not'), ' ',
      link(`#/class/${encodeURIComponent(lesson.class)}`, t('class.settings'))),
    ...guessed(lesson, tools),
    summary(lesson),
    roll(lesson, tools),
    legend(lesson),
    section(t('unknown.title'), unknownList(lesson.unknown ?? [], unknownActions(lesson, tools))),
    recordings(lesson, tools), corrections(lesson, tools), removal(lesson, tools)];
}

function lead(lesson) {
  return h('p', {},
    link(`#/class/${encodeURIComponent(lesson.class)}`, bdi(lesson.class)), ' · ', day(lesson.day), ' · ',
    `${clock(lesson.start)}–${clock(lesson.end)}`, ' ', h('small', {}, lesson.zone), ' · ',
    h('strong', {}, lesson.finished ? t('lesson.finished') : t('lesson.open')));
}

function actions(lesson, { number, update }) {
  const doubts = inDoubt(lesson).length;
  const finish = async () => {
    const next = await post(at('lessons', number, lesson.finished ? 'reopen' : 'finish'));
    update(next);
    say(t(next.finished ? 'finished.said' : 'reopened.said'));
  };
  return h('div', { class: 'actions' },
    link(`#/lesson/${number}/review`, doubts ? t('review.n', { n: doubts }) : t('review.go'),
      { class: doubts ? 'button primary' : 'button', 'data-key': 'review' }),
    button(lesson.finished ? t('lesson.reopen') : t('lesson.finish'), finish,
      { class: doubts || lesson.finished ? '' : 'primary', 'data-key': 'finish' }),
    exportMenu(t('export'), at('lessons', number, 'attendance'), ['csv', 'moodle', 'json', 'html'], 'export'),
    link(`#/?class=${encodeURIComponent(lesson.class)}&lesson=${number}`, t('lesson.video.add'), { class: 'button' }));
}

function summary(lesson) {
  const counts = statusOrder.map((status) => [status, lesson.students.filter((one) => one.status === status).length]);
  return h('p', {}, counts.filter(([, n]) => n).reverse().map(([status, n]) => [statusTag(status, n), ' ']));
}

function statusTag(status, number) {
  return h('span', { class: `tag ${status}` },
    h('span', { 'aria-hidden': 'true' }, `${symbols[status] ?? '·'} `), number === undefined ? '' : `${number} `, code(`status.${status}`, status));
}

function roll(lesson, tools) {
  const byStatus = localStorage.getItem(sortKey) === 'status';
  const sorted = [...lesson.students].sort((a, b) => (byStatus
    && statusOrder.indexOf(a.status) - statusOrder.indexOf(b.status)) || a.name.localeCompare(b.name));
  const sorting = button(byStatus ? t('sort.name') : t('sort.status'), () => {
    localStorage.setItem(sortKey, byStatus ? 'name' : 'status');
    tools.update(lesson);
  }, { 'data-key': 'sort' });
  const heads = [t('student'), t('status'), t('arrived'), t('left'), t('timeline'), t('mark')];
  const span = spanOf(lesson);
  return [sorting, table(t('roll'), heads, sorted.map((one) => rollRow(lesson, one, span, tools)), { class: 'roll' })];
}

function rollRow(lesson, student, span, tools) {
  const seen = student.seen && student.by_hand && student.seen !== student.status;
  return [
    h('span', { class: 'who' }, face(student.picture, student.name), ' ',
      link(`#/student/${encodeURIComponent(student.id)}`, bdi(student.name))),
    h('span', {}, statusTag(student.status), ' ',
      student.by_hand ? h('small', {}, t('by.hand'), seen ? ` (${t('seen.as')} ${code(`status.${student.seen}`, student.seen)})` : '') : '',
      student.why ? h('small', { class: 'why' }, whyOf(student)) : '',
      student.note ? h('small', { class: 'why' }, bdi(student.note)) : ''),
    clock(student.arrived) || '–', clock(student.left) || '–',
    timeline(lesson, student, span, tools),
    button(t('mark.go'), () => markDialog(lesson, student, tools),
      { 'data-key': `mark-${student.id}`, 'aria-label': t('mark.of', { name: student.name }) })];
}

/** The lesson, made wider where someone was seen before or after it. */
function spanOf(lesson) {
  const starts = [lesson.start, ...lesson.tracks.map((track) => track.from)].filter(Boolean).map(seconds);
  const ends = [lesson.end, ...lesson.tracks.map((track) => track.to)].filter(Boolean).map(seconds);
  const from = Math.min(...starts);
  return { from, length: Math.max(1, Math.max(...ends) - from) };
}

/** A bar of what was seen: certain at full height, doubtful at half, not filmed as a dashed frame. */
function timeline(lesson, student, span, tools) {
  const tracks = lesson.tracks.filter((track) => track.student === student.id);
  const rect = (part, kind, y, height, from = part.from, to = part.to) => svg('rect', {
    class: kind, y, height, x: (1000 * (seconds(from) - span.from)) / span.length,
    width: Math.max(3, (1000 * (seconds(to) - seconds(from))) / span.length),
  });
  const times = tracks.map((track) => `${clock(track.from)}–${clock(track.to)}`).join(', ');
  const drawing = svg('svg', { viewBox: '0 0 1000 20', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: 'base', x: 0, y: 0, width: 1000, height: 20 }),
    ...lesson.gaps.map((gap) => rect(gap, 'gap', 1, 18, gap.start, gap.end)),
    ...tracks.map((track) => (track.band === 'certain' || track.by_hand ? rect(track, 'certain', 2, 16) : rect(track, 'doubt', 6, 8))));
  if (!tracks.length) return h('span', { class: 'bar' }, drawing, h('span', { class: 'unseen' }, t('seen.never')));
  return button(drawing, () => sightsDialog(lesson, student, tracks, tools),
    { class: 'bar', 'data-key': `bar-${student.id}`, 'aria-label': t('seen.of', { name: student.name, times }) });
}

function legend(lesson) {
  const key = (kind, text) => h('span', {}, h('span', { class: `key ${kind}`, 'aria-hidden': 'true' }), ' ', text, ' ');
  return h('p', { class: 'legend' }, key('certain', t('legend.certain')), key('doubt', t('legend.doubt')),
    lesson.gaps.length ? key('gap', t('legend.gap')) : '');
}

async function markDialog(lesson, student, { number, update }) {
  const path = at('lessons', number, 'marks', student.id);
  const note = input({ value: student.note ?? '' });
  await openDialog(t('mark.of', { name: student.name }), (close) => [
    field(t('note'), note),
    h('div', { class: 'actions' }, marks.map((status) => button(statusTag(status), async () => {
      const next = await put(path, note.value.trim() ? { status, note: note.value.trim() } : { status });
      close(true);
      update(next);
      sayUndo(t('mark.done', { name: student.name, status: t(`status.${status}`) }), async () => update(await remove(path)));
    }, { 'aria-pressed': String(student.by_hand && student.status === status) }))),
    h('div', { class: 'actions' },
      student.by_hand && button(t('mark.back'), async () => { const next = await remove(path); close(true); update(next); }),
      button(t('cancel'), () => close(null)))]);
}

/** Every sight that was taken for this student, to say of one that it is somebody else. */
function sightsDialog(lesson, student, tracks, tools) {
  return openDialog(t('sights.of', { name: student.name }), (close) => [
    h('ul', { class: 'plain' }, tracks.map((track) => h('li', { class: 'row' },
      track.picture ? face(track.track, student.name, { class: 'strip', width: null, alt: t('review.sight') }) : initials(student.name),
      h('span', { class: 'grow' }, `${clock(track.from)}–${clock(track.to)} `,
        h('small', {}, track.by_hand ? t('by.hand') : t(`band.${track.band}`), ' ', whyOf(track))),
      h('span', { class: 'actions' },
        button(t('not.him'), () => apply(lesson, { track: track.track, kind: 'not', student: student.id }, t('corrected'), tools, close), { 'aria-label': `${t('not.him')}: ${clock(track.from)}` }),
        button(t('somebody.else'), async () => {
          const other = await pickStudent(t('pick.title'), recognisable(lesson.students).filter((one) => one.id !== student.id));
          if (other) await apply(lesson, { track: track.track, kind: 'is', student: other }, t('corrected'), tools, close);
        }, { 'aria-label': `${t('somebody.else')} ${clock(track.from)}` }))))),
    h('div', { class: 'actions' }, button(t('close'), () => close(null)))]);
}

async function apply(lesson, what, text, { number, update }, close) {
  const result = await correct(number, what);
  close?.(true);
  update(result.lesson);
  sayUndo(typeof text === 'function' ? text(result.lesson) : text, async () => update(await remove(at('lessons', number, 'corrections', result.correction))));
}

function unknownActions(lesson, tools) {
  return {
    async name(person) {
      const student = await nameUnknown(person, lesson.students, lesson.class, lesson.keeps);
      if (!student) return;
      await apply(lesson, { person: person.person, kind: 'is', student: student.id }, (after) => namedText(person, student, lesson, after), tools);
    },
    nobody: (person) => apply(lesson, { person: person.person, kind: 'nobody' }, t('unknown.nobody', { person: person.person }), tools),
  };
}

const guesses = ['lesson', 'modified', 'arrival'];

/** Where nothing said when a video began, all times on the roll rest on a guess: said at the top, with a way to mend it. */
function guessed(lesson, tools) {
  return lesson.recordings.filter((one) => guesses.includes(one.start_by)).map((one) => h('p', { class: 'note warn' },
    t('start.guessed', { video: one.video }), ' ', one.start, ' (', t(`start.by.${one.start_by}`), ') ', startButton(lesson, one, tools, 'guess')));
}

function startButton(lesson, recording, tools, key) {
  return lesson.finished ? '' : button(t('start.change'), () => startDialog(lesson, recording, tools),
    { 'data-key': `start-${key}-${recording.recording}`, 'aria-label': t('start.change.of', { video: recording.video }) });
}

function startDialog(lesson, recording, { number, update, go }) {
  const start = input({ type: 'datetime-local', step: '1', required: true, value: `${lesson.day}T${recording.start}` });
  return openDialog(t('start.change.of', { video: recording.video }), (close) => form(async () => {
    const next = await put(at('lessons', number, 'recordings', recording.recording), { start: start.value });
    close(true);
    if (String(next.lesson) === String(number)) update(next);
    else go(`#/lesson/${next.lesson}`);
    say(t('start.moved', { time: clock(start.value.slice(11)) }));
  }, {}, h('p', {}, t('start.text')), field(t('videos.start'), start, lesson.zone),
  h('div', { class: 'actions' }, submit(t('save')), button(t('cancel'), () => close(null)))));
}

function recordings(lesson, tools) {
  return folded(t('recordings.n', { n: lesson.recordings.length }), 'recordings', h('ul', {}, lesson.recordings.map((one) => h('li', {},
    bdi(one.video), one.camera ? [' · ', bdi(one.camera)] : '', one.start ? ` · ${one.start}` : '',
    one.start_by ? ` (${code(`start.by.${one.start_by}`, one.start_by)})` : '', ` · ${duration(one.duration_s)} `, startButton(lesson, one, tools, 'list')))));
}

function corrections(lesson, { number, update }) {
  const names = new Map(lesson.students.map((one) => [one.id, one.name]));
  const list = [...(lesson.corrections ?? [])].reverse();
  if (!list.length) return null;
  return folded(t('corrections.n', { n: list.length }), 'corrections', h('ul', { class: 'plain' }, list.map((one) => h('li', { class: 'row' },
    h('span', { class: 'grow' }, one.undone ? h('s', {}, code(`kind.${one.kind}`, one.kind)) : code(`kind.${one.kind}`, one.kind), ' ',
      one.student ? bdi(names.get(one.student) ?? one.student) : '', ' ', h('small', {}, bdi(one.who), ' ', moment(one.at))),
    one.undone ? h('small', {}, t('undone'))
      : button(t('undo'), async () => update(await remove(at('lessons', number, 'corrections', one.correction))),
        { 'data-key': `undo-${one.correction}`, 'aria-label': `${t('undo')}: ${code(`kind.${one.kind}`, one.kind)} ${names.get(one.student) ?? ''}` })))));
}

function removal(lesson, { number, go }) {
  return folded(t('more'), 'more', button(t('lesson.delete'), async () => {
    const sure = await confirmed({ title: t('lesson.delete'), text: t('lesson.delete.text'), yes: t('delete') });
    if (!sure) return;
    await remove(at('lessons', number));
    go(`#/class/${encodeURIComponent(lesson.class)}`);
  }, { class: 'danger', 'data-key': 'delete' }));
}
