// Settings: one's own, and for administrators those of the whole school.
import { h, svg, bdi, button, link, form, field, input, submit, select, check, table, section, folded, swap, openDialog, confirmed } from './dom.js';
import { get, post, put, remove, at, session } from './api.js';
import { shortcutsOn, setShortcuts } from './shortcuts.js';
import { moment, similarity } from './format.js';
import { say, sayError } from './notice.js';
import { t, code, language, languages } from './texts.js';

const roles = () => [['teacher', t('role.teacher')], ['administrator', t('role.administrator')]];

export async function show({ signal, changeLanguage, leave }) {
  const own = [
    section(t('password.own'), passwordForm()),
    section(t('look'), languageField(changeLanguage), shortcutsField()),
    section(t('session'), h('p', {}, t('signed.in.as'), ' ', bdi(session.account.name)), button(t('signout'), leave))];
  if (session.account.role !== 'administrator') return { title: t('settings'), nodes: [own, version()] };
  const { classes } = await get('/classes', signal);
  return {
    title: t('settings'),
    nodes: [own,
      section(t('accounts'), await accounts(classes, signal)),
      classes.length ? section(t('calibration'), calibration(classes, signal)) : null,
      section(t('keeping'), await keeping(signal)),
      section(t('audit'), audit(signal)),
      section(t('backup'), h('p', {}, t('backup.text')), link('/api/v1/backup', t('backup.download'), { class: 'button', download: '' })),
      version()],
  };
}

const version = () => h('p', {}, h('small', {}, `homeroom ${session.version}`));

function passwordForm() {
  const old = input({ type: 'password', autocomplete: 'current-password', required: true });
  const fresh = input({ type: 'password', autocomplete: 'new-password', required: true });
  const name = input({ autocomplete: 'username', value: session.account.name, hidden: true, 'aria-hidden': 'true', tabindex: '-1' });
  return form(async () => {
    await put('/me/password', { old: old.value, new: fresh.value });
    old.value = '';
    fresh.value = '';
    say(t('password.changed'));
  }, {}, name, field(t('password.old'), old), field(t('password.new'), fresh), h('div', { class: 'actions' }, submit(t('password.change'))));
}

function languageField(changeLanguage) {
  const choice = select(Object.entries(languages), language());
  const apply = button(t('language.use'), () => changeLanguage(choice.value), { 'data-key': 'language' });
  return h('div', { class: 'inline' }, field(t('language'), choice), apply);
}

function shortcutsField() {
  const { box, row } = check(t('shortcuts'), { checked: shortcutsOn(), 'aria-describedby': 'shortcuts-hint' });
  box.addEventListener('change', () => { setShortcuts(box.checked); say(t('saved')); });
  return h('div', {}, row, h('small', { id: 'shortcuts-hint' }, t('shortcuts.hint')));
}

async function accounts(classes, signal) {
  const host = h('div', {});
  async function reload() {
    const list = (await get('/accounts', signal)).accounts;
    swap(host, table(t('accounts'), [t('account.name'), t('role'), t('classes'), t('change')], list.map((one) => [
      bdi(one.name), t(`role.${one.role}`), bdi(one.classes.join(', ')),
      h('div', { class: 'actions' },
        button(t('change'), () => accountDialog(one, classes, reload), { 'data-key': `account-${one.name}`, 'aria-label': t('account.change', { name: one.name }) }),
        button(t('delete'), () => removeAccount(one, reload), { 'data-key': `gone-${one.name}`, 'aria-label': t('account.delete', { name: one.name }) }))])));
  }
  await reload();
  return [host, button(t('account.add'), () => accountDialog(null, classes, reload), { 'data-key': 'account-add' })];
}

function accountDialog(account, classes, reload) {
  const name = input({ required: true, autocapitalize: 'off', spellcheck: 'false' });
  const role = select(roles(), account?.role ?? 'teacher');
  const password = input({ type: 'password', autocomplete: 'new-password', required: !account });
  const boxes = classes.map((one) => ({ id: one.id, ...check(bdi(one.title), { checked: account?.classes.includes(one.id) }) }));
  return openDialog(account ? t('account.change', { name: account.name }) : t('account.add'), (close) => form(async () => {
    const chosen = boxes.filter((one) => one.box.checked).map((one) => one.id);
    const fields = { role: role.value, classes: chosen, ...(password.value && { password: password.value }) };
    if (account) await put(at('accounts', account.name), fields);
    else await post('/accounts', { name: name.value.trim(), ...fields });
    close(true);
    say(t('saved'));
    await reload();
  }, {},
  account ? null : field(t('account.name'), name),
  field(t('role'), role), field(account ? t('password.new.optional') : t('password'), password),
  h('fieldset', {}, h('legend', {}, t('classes')), boxes.map((one) => one.row)),
  h('div', { class: 'actions' }, submit(t('save')), button(t('cancel'), () => close(null)))));
}

async function removeAccount(account, reload) {
  const title = t('account.delete', { name: account.name });
  if (!await confirmed({ title, text: t('account.delete.text'), yes: t('delete') })) return;
  await remove(at('accounts', account.name));
  await reload();
}

/** How alike a class's own students are, against what a certain name asks for. */
function calibration(classes, signal) {
  const chosen = select(classes.map((one) => [one.id, one.title]), classes[0].id);
  const host = h('div', {});
  const part = folded(t('calibration.show'), 'calibration', h('p', {}, t('calibration.text')), field(t('class'), chosen), host);
  const load = async () => {
    try {
      swap(host, ...curveOf(await get(at('classes', chosen.value, 'closeness'), signal)));
    } catch (error) {
      sayError(error);
    }
  };
  part.addEventListener('toggle', () => { if (part.open) load(); });
  chosen.addEventListener('change', load);
  return part;
}

function curveOf({ students, bins, similarity: asked, margin, accepted, curve }) {
  if (students < 2) return [h('p', {}, t('calibration.few'))];
  const most = Math.max(1, ...bins);
  const place = (value) => 500 * (value + 1);
  const width = 1000 / bins.length;
  const bars = bins.map((n, index) => svg('rect', {
    class: (index + 0.5) * width > place(asked) ? 'doubt' : 'certain', x: index * width + 1, width: width - 2, y: 100 - (90 * n) / most, height: (90 * n) / most,
  }));
  const drawing = svg('svg', { viewBox: '0 0 1000 102', role: 'img', 'aria-label': t('calibration.alt', { value: similarity(asked) }) },
    ...bars, svg('line', { class: 'mark', x1: place(asked), x2: place(asked), y1: 0, y2: 100 }), svg('line', { class: 'mark', x1: 0, x2: 1000, y1: 100, y2: 100 }));
  return [h('div', { class: 'curve' }, drawing, h('p', { 'aria-hidden': 'true' }, [-1, 0, 1].map((value) => h('small', {}, similarity(value))))), h('p', {}, t('calibration.said', {
    students, value: similarity(asked), margin: similarity(margin), chance: accepted.toLocaleString(language(), { style: 'percent', maximumFractionDigits: 2 }),
  })), table(t('calibration'), [t('calibration.accepted'), t('calibration.asked')], curve.map((one) => [
    one.accepted.toLocaleString(language(), { style: 'percent', maximumFractionDigits: 2 }), similarity(one.similarity)]))];
}

async function keeping(signal) {
  const times = await get('/keeping', signal);
  const fields = ['faces', 'observations', 'audit'].map((name) => [name, input({ type: 'number', min: 1, step: 1, inputmode: 'numeric', value: times[name] ?? '' })]);
  return form(async () => {
    await put('/keeping', Object.fromEntries(fields.map(([name, element]) => [name, element.value === '' ? null : Number(element.value)])));
    say(t('saved'));
  }, {}, h('p', {}, t('keeping.text')), fields.map(([name, element]) => field(t(`keeping.${name}`), element)),
  h('div', { class: 'actions' }, submit(t('save'))));
}

function audit(signal) {
  const host = h('div', {});
  const load = async () => {
    const list = (await get('/audit', signal)).audit;
    swap(host, list.length ? table(t('audit'), [t('audit.at'), t('audit.who'), t('audit.what'), t('student'), t('audit.count')],
      list.map((one) => [moment(one.at), bdi(one.who), code(`audit.${one.what}`, one.what), bdi(one.student ?? ''), String(one.count ?? '')])) : h('p', {}, t('audit.empty')));
  };
  const part = folded(t('audit.show'), 'audit', host);
  part.addEventListener('toggle', () => { if (part.open) load().catch(sayError); });
  return part;
}
