// One student: photos, consent, lessons, and everything held about him or her: to see, to take along, to forget.
import { h, bdi, button, link, table, section, swap, confirmed } from './dom.js';
import { get, put, remove, at } from './api.js';
import { photoDrop } from './files.js';
import { consentNote, whyOf } from './roll.js';
import { day, moment } from './format.js';
import { say } from './notice.js';
import { t, code } from './texts.js';

export async function show({ params: [id], signal, go }) {
  const path = at('students', id);
  let data = await get(path, signal);
  const facts = h('div', {});
  const drop = h('div', {}, consentNote(), photoDrop(() => [data], () => reload(), id));
  const draw = () => {
    drop.hidden = data.consent === 'refused';
    swap(facts, ...content(data, reload));
  };
  async function reload() {
    data = await get(path, signal);
    draw();
  }
  draw();
  return {
    title: data.name,
    nodes: [
      h('p', {}, [data.id, data.major, data.year].filter(Boolean).map((part, index) => [index ? ' · ' : '', bdi(String(part))])),
      facts, section(t('photos.add'), drop),
      section(t('held.title'), h('p', {}, t('held.text')), h('div', { class: 'actions' },
        link(`/api/v1${path}/held`, t('held.download'), { class: 'button', download: '' }),
        button(t('forget'), () => forget(data, go), { class: 'danger' })))],
    refresh: (change) => (change.kind === 'task' ? null : reload()),
  };
}

function content(data, reload) {
  return [consent(data, reload), section(t('photos'), photos(data, reload)), section(t('lessons'), lessons(data))];
}

function consent(data, reload) {
  const set = async (given) => {
    if (!given && data.photos.length) {
      const sure = await confirmed({ title: t('consent.refused'), text: t('consent.refuse.text'), yes: t('consent.refuse') });
      if (!sure) return;
    }
    await put(at('students', data.id, 'consent'), { consent: given });
    say(t('saved'));
    await reload();
  };
  const choice = (given, state) => button(t(given ? 'consent.give' : 'consent.refuse'), () => set(given),
    { 'aria-pressed': String(data.consent === state), 'data-key': `consent-${state}` });
  return section(t('consent'), h('p', {}, h('span', { class: `tag ${data.consent === 'given' ? 'present' : 'review'}` }, t(`consent.${data.consent}`))),
    h('div', { class: 'actions' }, choice(true, 'given'), choice(false, 'refused')));
}

function photos(data, reload) {
  if (!data.photos.length) return h('p', { class: 'note warn' }, data.consent === 'refused' ? t('photos.refused') : `⚠ ${t('photos.none.one')}`);
  const quality = (value) => (typeof value === 'number' ? value.toFixed(2) : value ?? '');
  return table(t('photos'), [t('photo'), t('photo.added'), t('photo.size'), t('photo.quality'), t('delete')], data.photos.map((one) => [
    bdi(one.origin), one.added ? moment(one.added) : '', t('photo.px', { n: Math.round(one.face_px ?? 0) }), quality(one.quality),
    button(t('delete'), async () => {
      const sure = await confirmed({ title: t('photo.delete'), text: t('photo.delete.text', { name: one.origin }), yes: t('delete') });
      if (!sure) return;
      await remove(`${at('students', data.id, 'photos')}?origin=${encodeURIComponent(one.origin)}`);
      await reload();
    }, { 'data-key': `photo-${one.origin}`, 'aria-label': t('photo.delete.of', { name: one.origin }) })]));
}

function lessons(data) {
  if (!data.lessons.length) return h('p', {}, t('lessons.none'));
  const sorted = [...data.lessons].sort((a, b) => (a.day < b.day ? 1 : -1));
  return table(t('lessons'), [t('day'), t('class'), t('status'), t('why')], sorted.map((one) => [
    one.lesson ? link(`#/lesson/${one.lesson}`, day(one.day)) : day(one.day), bdi(one.class),
    h('span', { class: `tag ${one.status}` }, code(`status.${one.status}`, one.status)), whyOf(one) || '']));
}

async function forget(data, go) {
  const sure = await confirmed({
    title: t('forget.title', { name: data.name }), text: t('forget.text'), yes: t('forget'), word: data.id,
  });
  if (!sure) return;
  await remove(at('students', data.id));
  go('#/');
  say(t('forget.done'));
}
