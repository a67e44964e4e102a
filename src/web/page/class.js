// One class: its students and their photos, its timetable, its lessons and its settings.
import { h, bdi, button, link, form, field, input, submit, table, section, folded, exportMenu, swap, confirmed, count } from './dom.js';
import { get, post, put, patch, remove, at } from './api.js';
import { studentsForm, consentNote, zoneInput, lessonItem, slotFields } from './roll.js';
import { photoDrop } from './files.js';
import { day, weekday, similarity, today } from './format.js';
import { say, sayError } from './notice.js';
import { t } from './texts.js';

const lessonsShown = 30;

export async function show({ params: [id], signal, go }) {
  let data = await get(at('classes', id), signal);
  const students = h('div', {});
  const lessons = h('div', {});
  const timetable = h('div', {});
  const warnings = h('div', {});
  // On its own: it takes the models, and the rest of the screen must not wait for them.
  const warn = async () => {
    try {
      swap(warnings, ...warningsOf(await get(at('classes', id, 'closeness'), signal), data.students));
    } catch (error) {
      if (error.status !== 500 && error.status !== 404) sayError(error);
    }
  };
  const draw = () => {
    swap(students, studentTable(data, reload));
    swap(lessons, lessonList(data));
    swap(timetable, slotList(data));
  };
  async function reload() {
    data = await get(at('classes', id), signal);
    draw();
    warn();
  }
  const update = (next) => { data = { ...data, ...next }; draw(); };
  draw();
  warn();
  return {
    title: data.title,
    nodes: [
      actions(data),
      section(t('students'), warnings, students,
        folded(t('photos.add'), 'photos', consentNote(), h('p', {}, t('photo.names')), photoDrop(() => data.students, reload)),
        folded(t('students.more'), 'students', studentsForm(() => id, reload))),
      section(t('lessons'), lessons, folded(t('lesson.add'), 'lesson', lessonForm(id, go))),
      section(t('timetable'), timetable, folded(t('timetable.edit'), 'slots', slotsForm(data, update))),
      section(t('term'), chart(id)),
      section(t('class.settings'), folded(t('class.settings.edit'), 'settings', settingsForm(data, update), removal(data, go)))],
    refresh: (change) => (change.kind === 'task' ? null : reload()),
  };
}

function actions(data) {
  const id = encodeURIComponent(data.id);
  return h('div', { class: 'actions' },
    link(`#/?class=${id}`, t('lesson.video.add'), { class: 'button primary' }),
    link(`#/class/${id}/unknown`, t('unknown.title'), { class: 'button' }),
    exportMenu(t('term.export'), at('classes', data.id, 'attendance'), ['csv', 'moodle', 'canvas', 'json', 'svg'], 'export'));
}

function studentTable(data, reload) {
  if (!data.students.length) return h('p', {}, t('students.none'));
  const isHere = (one) => !one.to || one.to >= today();
  const sorted = [...data.students].sort((a, b) => isHere(b) - isHere(a) || a.name.localeCompare(b.name));
  const without = data.students.filter((one) => isHere(one) && !one.refuses && !count(one.faces)).length;
  const rows = sorted.map((one) => [
    link(`#/student/${encodeURIComponent(one.id)}`, bdi(one.name)), bdi(one.id), photoCell(one),
    isHere(one) ? (one.from ? day(one.from) : '–') : t('left.on', { day: day(one.to) }),
    isHere(one) ? button(t('leave'), () => leave(data.id, one, reload),
      { 'data-key': `leave-${one.id}`, 'aria-label': t('leave.of', { name: one.name }) }) : '']);
  return [
    without ? h('p', { class: 'note warn' }, `⚠ ${t('students.without', { n: without })}`) : null,
    table(t('students'), [t('name'), t('id'), t('photos'), t('since'), t('leave')], rows)];
}

/** Look-alikes of the class, and students with few or small photos: what makes names less certain. */
function warningsOf({ pairs, thin, photos_enough: enough }, students) {
  const names = new Map(students.map((one) => [one.id, one.name]));
  const name = (one) => link(`#/student/${encodeURIComponent(one)}`, bdi(names.get(one) ?? one));
  const known = thin.filter((one) => names.has(one.student));
  return [
    pairs.length ? h('div', { class: 'note warn' }, h('p', {}, `⚠ ${t('alike.pairs')}`), h('ul', {}, pairs.map((one) => h('li', {},
      name(one.students[0]), ' – ', name(one.students[1]), ' ', h('small', {}, t('review.similar', { value: similarity(one.similarity) })))))) : null,
    known.length ? folded(t('alike.thin', { n: known.length, enough }), 'thin', h('p', {}, t('alike.thin.why')), h('ul', {}, known.map((one) => h('li', {},
      name(one.student), ' ', h('small', {}, t('alike.photos', { n: one.photos }), one.small ? `, ${t('alike.small')}` : ''))))) : null];
}

function photoCell(student) {
  if (student.refuses) return h('span', { class: 'tag' }, t('consent.refused'));
  if (!count(student.faces)) return h('span', { class: 'tag review' }, `⚠ ${t('photos.none')}`);
  return String(count(student.faces));
}

async function leave(classId, student, reload) {
  const sure = await confirmed({ title: t('leave.of', { name: student.name }), text: t('leave.text'), yes: t('leave') });
  if (!sure) return;
  await remove(at('classes', classId, 'students', student.id));
  await reload();
}

function lessonList(data) {
  const sorted = [...data.lessons].sort((a, b) => (`${a.day} ${a.start}` < `${b.day} ${b.start}` ? 1 : -1));
  const list = (part) => h('ul', { class: 'plain' }, part.map((one) => lessonItem(one)));
  if (!sorted.length) return h('p', {}, t('lessons.none'));
  return [list(sorted.slice(0, lessonsShown)),
    sorted.length > lessonsShown && folded(t('lessons.older', { n: sorted.length - lessonsShown }), 'older', list(sorted.slice(lessonsShown)))];
}

function lessonForm(id, go) {
  const dayField = input({ type: 'date', required: true, value: today() });
  const start = input({ type: 'time', required: true });
  const end = input({ type: 'time', required: true });
  const title = input();
  return form(async () => {
    const made = await post(at('classes', id, 'lessons'), {
      day: dayField.value, start: start.value, end: end.value, ...(title.value.trim() && { title: title.value.trim() }),
    });
    go(`#/lesson/${made.lesson}`);
  }, { class: 'inline' }, field(t('day'), dayField), field(t('start'), start), field(t('end.time'), end), field(t('title.optional'), title),
  h('div', { class: 'actions' }, submit(t('lesson.add'))));
}

function slotList(data) {
  if (!data.slots.length) return h('p', {}, t('timetable.none'));
  const sorted = [...data.slots].sort((a, b) => a.weekday - b.weekday || (a.start < b.start ? -1 : 1));
  return h('ul', { class: 'plain' }, sorted.map((one) => h('li', {}, `${weekday(one.weekday)} ${one.start}–${one.end}`)));
}

function slotsForm(data, update) {
  const slots = slotFields(data.slots);
  return form(async () => {
    update(await put(at('classes', data.id, 'slots'), { slots: slots.value() }));
    say(t('saved'));
  }, {}, slots.rows, h('div', { class: 'actions' }, slots.addButton, submit(t('save'))));
}

/** The picture of the term is made on demand: it may take the server a while. */
function chart(id) {
  const part = folded(t('term.chart'), 'chart');
  part.addEventListener('toggle', () => {
    if (!part.open || part.querySelector('img')) return;
    part.append(h('img', { class: 'chart', alt: t('term.chart.alt'), src: `/api/v1${at('classes', id, 'attendance')}?as=svg` }));
  });
  return part;
}

function settingsForm(data, update) {
  const title = input({ required: true, value: data.title });
  const zone = zoneInput(data.zone);
  const number = (value) => input({ type: 'number', min: 0, step: 1, inputmode: 'numeric', value: value ?? '' });
  const late = number(data.late_min);
  const early = number(data.early_min);
  const keep = number(data.keep_days);
  const read = (element) => (element.value === '' ? null : Number(element.value));
  return form(async () => {
    update(await patch(at('classes', data.id), {
      title: title.value.trim(), zone: zone.element.value.trim(),
      ...(read(late) !== null && { late_min: read(late) }), ...(read(early) !== null && { early_min: read(early) }), keep_days: read(keep),
    }));
    say(t('saved'));
  }, {},
  field(t('class.title'), title), field(t('class.zone'), zone.element, t('class.zone.hint')), zone.list,
  field(t('class.late'), late, t('class.late.hint')), field(t('class.early'), early, t('class.early.hint')),
  field(t('class.keep'), keep, t('class.keep.hint')),
  h('div', { class: 'actions' }, submit(t('save'))));
}

function removal(data, go) {
  return h('p', {}, button(t('class.delete'), async () => {
    const sure = await confirmed({ title: t('class.delete'), text: t('class.delete.text', { title: data.title }), yes: t('delete'), word: data.id });
    if (!sure) return;
    await remove(at('classes', data.id));
    go('#/');
  }, { class: 'danger' }));
}
