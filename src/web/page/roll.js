// Parts that several screens share: the form for students, unknown people, links to lessons.
import { h, bdi, form, field, input, select, submit, table, folded, link, face, button, openDialog, studentSearch, count } from './dom.js';
import { postBody, at } from './api.js';
import { readText, studentsOf, toCsv } from './csv.js';
import { day, clock, weekday } from './format.js';
import { t, code, known } from './texts.js';

const previewRows = 5;

/** Students by file or pasted, looked at before they are sent. */
export function studentsForm(classId, onDone) {
  const text = h('textarea', { rows: 6, spellcheck: 'false', 'data-key': 'students', placeholder: '101,Ada Lovelace' });
  const file = h('input', { type: 'file', accept: '.csv,.tsv,.txt,text/csv,text/plain' });
  const preview = h('div', { 'aria-live': 'polite' });
  const result = h('div', { role: 'status' });
  const look = () => preview.replaceChildren(...previewOf(studentsOf(text.value)));
  text.addEventListener('input', look);
  file.addEventListener('change', async () => {
    if (!file.files[0]) return;
    text.value = await readText(file.files[0]);
    look();
  });
  const send = async () => {
    const students = studentsOf(text.value);
    if (!students.length) { result.textContent = t('students.empty'); text.focus(); return; }
    const report = await postBody(at('classes', classId(), 'students'), toCsv(students), 'text/csv');
    result.replaceChildren(h('p', {}, t('students.result', {
      added: count(report.added), changed: count(report.changed), same: count(report.same), enrolled: count(report.enrolled),
    })), h('ul', {}, (report.problems ?? []).map((problem) => h('li', { class: 'bad' },
      problem.line ? `${t('row', { n: problem.line })} ` : '', known(`problem.${problem.reason}`, problem) || problem.text))));
    if (!report.problems?.length) { text.value = ''; file.value = ''; look(); }
    await onDone?.(report);
  };
  return form(send, {},
    field(t('students.file'), file, t('students.columns')),
    field(t('students.paste'), text),
    preview,
    h('div', { class: 'actions' }, submit(t('students.add'))),
    result);
}

function previewOf(students) {
  if (!students.length) return [];
  const rows = students.slice(0, previewRows).map((one) => [bdi(one.id), bdi(one.name), bdi(one.major), bdi(one.year)]);
  return [
    h('p', {}, t('students.preview', { n: students.length })),
    table(t('students.preview', { n: students.length }), [t('id'), t('name'), t('major'), t('year')], rows),
    students.some((one) => !one.id || !one.name) && h('p', { class: 'bad' }, t('students.incomplete')),
  ].filter(Boolean);
}

export function lessonName(lesson) {
  return [day(lesson.day), ' ', clock(lesson.start), '–', clock(lesson.end), lesson.title ? ' ' : '',
    lesson.title ? bdi(lesson.title) : ''];
}

/** One lesson in a list, with what there is to do about it. */
export function lessonItem(lesson, title) {
  const films = count(lesson.recordings);
  return h('li', { class: 'row' },
    h('span', { class: 'grow' }, link(`#/lesson/${lesson.lesson}`, lessonName(lesson)), ' ',
      title ? h('small', {}, bdi(title)) : ''),
    h('small', {}, lesson.finished ? t('lesson.finished') : t('lesson.recordings', { n: films })),
    !lesson.finished && films > 0
      && link(`#/lesson/${lesson.lesson}/review`, t('review.go'), { class: 'button' }));
}

/** Cards of unknown people: name one (then pick), or say that it is nobody of the class. */
export function unknownList(people, { name, nobody }) {
  if (!people.length) return h('p', {}, t('unknown.none'));
  return h('ul', { class: 'cards' }, people.map((one) => h('li', { class: 'card' },
    one.picture ? face(one.track, '?', { alt: t('unknown.picture', { person: one.person }) }) : face(null, '?'),
    h('div', {},
      h('strong', {}, one.person),
      h('p', {}, t('unknown.seen', { n: count(one.sightings) || count(one.tracks), lessons: count(one.lessons) }), ' ',
        one.first_day === one.last_day ? day(one.first_day) : `${day(one.first_day)} – ${day(one.last_day)}`),
      h('div', { class: 'actions' },
        button(t('unknown.name'), () => name(one),
          { class: 'primary', 'data-key': `name-${one.person}`, 'aria-label': `${t('unknown.name')} ${one.person}` }),
        button(t('nobody'), () => nobody(one),
          { 'data-key': `nobody-${one.person}`, 'aria-label': `${one.person}: ${t('nobody')}` }))))));
}

/** Whom somebody in a video may be: not a student who does not agree to be recognised. */
export const recognisable = (students) => students.filter((one) => !one.refuses);

/** Why an entry of a roll, or a track, is as it is: in our words where its reason is known. */
export function whyOf({ reason, why, corrected }) {
  const text = reason ? code(`why.${reason}`, why || reason) : why;
  return text && corrected ? t('why.corrected', { text }) : text;
}

/**
 * Asks who an unknown person is: somebody of the class, or a new student, who is put into it. Says before what follows.
 * Gives {id, name}, or null.
 */
export function nameUnknown(person, students, classId, keeps) {
  return openDialog(t('unknown.who', { person: person.person }), (close) => {
    const search = studentSearch(recognisable(students), close);
    const id = input({ required: true, spellcheck: 'false' });
    const name = input({ required: true });
    const make = form(async () => {
      const made = { id: id.value.trim(), name: name.value.trim(), major: '', year: '' };
      const report = await postBody(`${at('classes', classId, 'students')}?only_new=1&from=${person.first_day}`, toCsv([made]), 'text/csv');
      const [problem] = report.problems;
      if (problem) throw Object.assign(new Error(known(`problem.${problem.reason}`, problem) || problem.text), { forPeople: true });
      close(made);
    }, {}, field(t('id'), id), field(t('name'), name), h('div', { class: 'actions' }, submit(t('unknown.new.make'))));
    return [
      person.picture ? face(person.track, '?', { alt: t('unknown.picture', { person: person.person }) }) : null,
      h('p', { class: 'note' }, t(keeps ? 'unknown.teaches' : 'unknown.teaches.not')),
      folded(t('unknown.new'), 'new-student', make), search.element,
      h('div', { class: 'actions' }, button(t('cancel'), () => close(null)))];
  });
}

/** What naming somebody has changed: the face that was learnt, other sights, other people in this lesson. */
export function namedText(person, student, before, after) {
  const was = new Map((before?.students ?? []).map((one) => [one.id, one.status]));
  const others = before ? after.students.filter((one) => one.id !== student.id && was.has(one.id) && was.get(one.id) !== one.status) : [];
  return [t('unknown.named', { person: person.person, name: student.name }),
    after.learnt ? t('unknown.learnt', { n: after.learnt }) : '',
    after.changed ? t('unknown.changed', { n: after.changed }) : '',
    ...others.map((one) => t('unknown.now', { name: one.name, was: t(`status.${was.get(one.id)}`), now: t(`status.${one.status}`) })),
  ].filter(Boolean).join(' ');
}

/** Photos sent to the right student need the consent of the families: said wherever photos are taken. */
export const consentNote = () => h('p', { class: 'note' }, t('consent.note'));

export function zoneInput(value) {
  const zones = Intl.supportedValuesOf?.('timeZone') ?? [];
  const list = h('datalist', { id: 'zones' }, zones.map((zone) => h('option', { value: zone })));
  const element = h('input', { type: 'text', value, list: 'zones', required: true, spellcheck: 'false', autocomplete: 'off' });
  return { element, list };
}

/** When a class meets: rows to fill in, a button for one more, and what they say. */
export function slotFields(slots = []) {
  const rows = h('div', {});
  const add = (slot) => {
    const row = h('fieldset', { class: 'inline' }, h('legend', { class: 'unseen' }, t('slot')));
    row.append(
      field(t('weekday'), select([1, 2, 3, 4, 5, 6, 7].map((number) => [String(number), weekday(number)]), String(slot.weekday), { name: 'weekday' })),
      field(t('start'), input({ type: 'time', name: 'start', required: true, value: slot.start })),
      field(t('end.time'), input({ type: 'time', name: 'end', required: true, value: slot.end })),
      button(t('slot.remove'), () => { row.remove(); addButton.focus(); }));
    rows.append(row);
    return row;
  };
  const addButton = button(t('slot.add'), () => add({ weekday: 1, start: '08:00', end: '08:45' }).querySelector('select').focus());
  slots.forEach(add);
  const value = (row, name) => row.querySelector(`[name=${name}]`).value;
  return { rows, addButton, value: () => [...rows.children].map((row) => ({
    weekday: Number(value(row, 'weekday')), start: value(row, 'start').slice(0, 5), end: value(row, 'end').slice(0, 5),
  })) };
}

export const guessedZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

