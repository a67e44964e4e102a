// First run: the first account, then a class with its students and photos. Later: a further class.
import { h, form, field, input, submit, link } from './dom.js';
import { session, setUp, post, put, patch, get, at } from './api.js';
import { studentsForm, consentNote, zoneInput, guessedZone, slotFields } from './roll.js';
import { photoDrop } from './files.js';
import { say, clearErrors } from './notice.js';
import { t } from './texts.js';

export async function show({ query, signal, accountMade }) {
  const host = h('div', { class: 'narrow' });
  const step = (number, title, ...nodes) => {
    const heading = h('h2', { tabindex: '-1' }, t('setup.step', { n: number, of: 4 }), ' ', title);
    clearErrors(); // of the step before
    host.replaceChildren(heading, ...nodes.flat().filter(Boolean));
    if (host.isConnected) heading.focus();
  };
  const photos = async (id) => {
    const { students } = await get(at('classes', id), signal);
    step(4, t('setup.photos'), consentNote(), h('p', {}, t('photo.names')),
      photoDrop(() => students), h('div', { class: 'actions' },
        link('#/', t('setup.done'), { class: 'button primary' }), link(`#/class/${encodeURIComponent(id)}`, t('setup.class.open'), { class: 'button' })));
  };
  const students = (id) => {
    // A reload goes on here instead of asking for the class again.
    history.replaceState(null, '', `#/setup?class=${encodeURIComponent(id)}`);
    const next = form(() => photos(id), {}, h('div', { class: 'actions' },
      h('button', { type: 'submit' }, t('setup.next'))));
    step(3, t('setup.students'), consentNote(), studentsForm(() => id, (report) => {
      if (!report.problems?.length) { say(t('students.saved')); return photos(id); }
      return null;
    }), next);
  };
  const makeClass = () => step(2, t('setup.class'), classForm(students));
  if (!session.account) {
    step(1, t('setup.account'), h('p', {}, t('setup.welcome')), accountForm(query.get('token') ?? '', async () => {
      history.replaceState(null, '', '#/setup');
      await accountMade();
      makeClass();
    }));
  } else if (query.get('class')) students(query.get('class'));
  else makeClass();
  return { title: session.setup ? t('setup.title') : t('class.new'), nodes: [host] };
}

function accountForm(tokenGiven, onDone) {
  const token = input({ value: tokenGiven, required: true, spellcheck: 'false' });
  const name = input({ autocomplete: 'username', required: true, autocapitalize: 'off', spellcheck: 'false' });
  const password = input({ type: 'password', autocomplete: 'new-password', required: true });
  const again = input({ type: 'password', autocomplete: 'new-password', required: true });
  return form(async () => {
    again.setCustomValidity(password.value === again.value ? '' : t('password.differs'));
    if (!again.reportValidity()) return;
    await setUp(token.value.trim(), name.value.trim(), password.value);
    await onDone();
  }, { oninput: () => again.setCustomValidity('') },
  tokenGiven ? null : field(t('setup.token'), token, t('setup.token.hint')),
  field(t('account.name'), name), field(t('password'), password, t('password.hint')), field(t('password.again'), again),
  h('div', { class: 'actions' }, submit(t('setup.account.make'))));
}

function classForm(onDone) {
  const id = input({ required: true, spellcheck: 'false' });
  const title = input({ required: true });
  const zone = zoneInput(guessedZone());
  const slots = slotFields();
  const keep = input({ type: 'number', min: 0, max: 365, step: 1, inputmode: 'numeric', value: 0 });
  return form(async () => {
    const made = await post('/classes', { id: id.value.trim(), title: title.value.trim(), zone: zone.element.value.trim() });
    if (Number(keep.value) > 0) await patch(at('classes', made.id), { keep_days: Number(keep.value) });
    try {
      if (slots.value().length) await put(at('classes', made.id, 'slots'), { slots: slots.value() });
    } finally {
      onDone(made.id); // the class is there, whatever came of its timetable
    }
  }, {},
  field(t('class.id'), id, t('class.id.hint')), field(t('class.title'), title), field(t('class.zone'), zone.element, t('class.zone.hint')), zone.list,
  field(t('class.keep'), keep, t('class.keep.hint')),
  h('fieldset', {}, h('legend', {}, t('timetable.optional')), h('p', {}, h('small', {}, t('timetable.why'))), slots.rows, slots.addButton),
  h('div', { class: 'actions' }, submit(t('setup.class.make'))));
}
