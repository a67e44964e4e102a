// Today: from a video to the roll. Choosing the videos starts everything; the class is the last one used.
import { h, bdi, button, link, field, select, input, section, folded, swap, count } from './dom.js';
import { get, at } from './api.js';
import { work, tasks, uploads, outcome, addVideos, endTask, endUpload, uploadAgain } from './work.js';
import { unfinished, discard } from './upload.js';
import { dropZone } from './files.js';
import { lessonItem, lessonName } from './roll.js';
import { timeLeft, percent, megabytes, today } from './format.js';
import { say } from './notice.js';
import { t } from './texts.js';

const lastClass = 'homeroom.class';
const recentShown = 12;

export async function show({ query, signal, listen }) {
  let classes = await load(signal);
  if (!classes.length) return { title: t('today'), nodes: [emptyNote()] };
  const workPart = h('div', {});
  const lessonPart = h('div', {});
  const drawWork = () => swap(workPart, workList(classes));
  const drawLessons = () => swap(lessonPart, lessonLists(classes), classList(classes));
  listen(work, 'work', drawWork);
  drawWork();
  drawLessons();
  return {
    title: t('today'),
    nodes: [section(t('videos.title'), videoForm(classes, query)), workPart, lessonPart],
    async refresh(change) {
      if (change.kind === 'task') return;
      classes = await load(signal);
      drawWork();
      drawLessons();
    },
  };
}

async function load(signal) {
  const { classes } = await get('/classes', signal);
  return Promise.all(classes.map((one) => get(at('classes', one.id), signal)));
}

const emptyNote = () => h('p', {}, t('today.empty'), ' ', link('#/setup', t('class.new'), { class: 'button primary' }));

function remembered(classes, query) {
  const wanted = [query.get('class'), localStorage.getItem(lastClass)];
  return (wanted.map((id) => classes.find((one) => one.id === id)).find(Boolean) ?? classes[0]).id;
}

function videoForm(classes, query) {
  const chosen = select(classes.map((one) => [one.id, one.title]), remembered(classes, query));
  const lesson = h('select', {});
  const start = input({ type: 'datetime-local', step: '1' });
  const camera = input({ spellcheck: 'false' });
  const fillLessons = () => {
    const { lessons } = classes.find((one) => one.id === chosen.value);
    const options = newestFirst(lessons).slice(0, 60).map((one) => h('option',
      { value: one.lesson, selected: String(one.lesson) === query.get('lesson') },
      `${lessonName(one).map((part) => part.textContent ?? part).join('')}`));
    lesson.replaceChildren(h('option', { value: '' }, t('videos.lesson.guess')), ...options);
  };
  chosen.addEventListener('change', () => { localStorage.setItem(lastClass, chosen.value); fillLessons(); });
  fillLessons();
  const take = (files) => {
    const videos = files.map(({ file }) => file).filter((file) => file.size > 0 && !/^\./.test(file.name));
    if (!videos.length) { say(t('videos.none')); return; }
    localStorage.setItem(lastClass, chosen.value);
    addVideos(videos, { class: chosen.value, lesson: lesson.value, start: start.value, camera: camera.value.trim() });
    say(t('videos.taken', { n: videos.length }));
  };
  const more = folded(t('videos.more'), 'more',
    field(t('videos.lesson'), lesson, t('videos.lesson.hint')),
    field(t('videos.start'), start, t('videos.start.hint')),
    field(t('videos.camera'), camera, t('videos.camera.hint')));
  more.open = query.has('lesson');
  return [
    field(t('class'), chosen),
    dropZone({ text: t('videos.drop'), label: t('videos.choose'), key: 'videos', onFiles: take,
      accept: 'video/*,.mp4,.mkv,.mov,.avi,.mts,.m2ts,.webm,.3gp,.mpg,.mpeg' }),
    more];
}

function workList(classes) {
  const left = unfinished().filter((one) => !uploads.some((upload) => upload.key === one.key));
  const items = [...uploads.map(uploadItem), ...tasks.map((task) => taskItem(task, classes)), ...left.map(leftItem)];
  return items.length ? section(t('work.title'), h('ul', { class: 'plain' }, items)) : null;
}

function bar(part, label) {
  return h('progress', { max: 1, value: part, 'aria-label': label });
}

function uploadItem(upload) {
  const { file, state } = upload;
  const part = file.size ? upload.sent / file.size : 0;
  const key = `upload-${upload.key}`;
  return h('li', { class: 'row' },
    h('span', { class: 'grow' }, bdi(file.name), ' ', h('small', {}, megabytes(file.size))),
    state === 'failed' ? h('span', { class: 'bad' }, upload.error) : [bar(part, t('upload.of', { name: file.name })),
      h('small', {}, t(`upload.${state}`), ' ', percent(part), ' ', timeLeft(upload.secondsLeft))],
    state === 'failed' && button(t('again'), () => uploadAgain(upload), { 'data-key': `${key}-again` }),
    button(t('end'), () => endUpload(upload), { 'data-key': key, 'aria-label': t('end.of', { name: file.name }) }));
}

function taskItem(task, classes) {
  const running = task.state === 'running';
  const title = classes.find((one) => one.id === task.class)?.title ?? task.class;
  const over = task.state === 'done' || task.state === 'failed';
  return h('li', { class: 'row' },
    h('span', { class: 'grow' }, bdi(task.what), ' ', h('small', {}, bdi(title))),
    running && bar(task.progress, t('task.of', { name: task.what })),
    h('small', { class: task.state === 'failed' ? 'bad' : '' }, t(`task.state.${task.state}`), ' ',
      running ? `${percent(task.progress)} ${timeLeft(task.left_s)}` : '', ' ', outcome(task)),
    task.state === 'done' && task.lesson !== null
      && link(`#/lesson/${task.lesson}`, t('open.roll'), { class: 'button primary', 'data-key': `roll-${task.task}` }),
    button(over ? t('task.away') : t('end'), () => endTask(task),
      { 'data-key': `task-${task.task}`, 'aria-label': t(over ? 'task.away.of' : 'end.of', { name: task.what }) }));
}

/** What an earlier page left: choosing the same file again goes on where it stopped. */
function leftItem(one) {
  return h('li', { class: 'row' },
    h('span', { class: 'grow' }, bdi(one.name), ' ', h('small', {}, t('upload.left'))),
    button(t('upload.discard'), async () => { await discard(one); work.dispatchEvent(new CustomEvent('work')); },
      { 'data-key': `left-${one.key}`, 'aria-label': `${t('upload.discard')}: ${one.name}` }));
}

const order = (lesson) => `${lesson.day} ${lesson.start}`;
const newestFirst = (lessons) => [...lessons].sort((a, b) => (order(a) < order(b) ? 1 : -1));

function lessonLists(classes) {
  const titles = new Map(classes.map((one) => [one.id, one.title]));
  const all = newestFirst(classes.flatMap((one) => one.lessons.map((lesson) => ({ ...lesson, class: one.id }))));
  const open = all.filter((lesson) => !lesson.finished && count(lesson.recordings) > 0);
  const recent = all.filter((lesson) => !open.includes(lesson) && lesson.day <= today()).slice(0, recentShown);
  const list = (lessons) => h('ul', { class: 'plain' }, lessons.map((one) => lessonItem(one, titles.get(one.class))));
  return [
    section(t('today.review'), open.length ? list(open) : h('p', {}, t('today.review.none'))),
    recent.length ? section(t('today.recent'), list(recent)) : null];
}

function classList(classes) {
  return section(t('classes'), h('ul', { class: 'plain' }, classes.map((one) => h('li', { class: 'row' },
    link(`#/class/${encodeURIComponent(one.id)}`, bdi(one.title), { class: 'grow' }),
    h('small', {}, t('n.students', { n: count(one.students) })),
    link(`#/class/${encodeURIComponent(one.id)}/unknown`, t('unknown.title'), {})))),
  link('#/setup', t('class.new'), { class: 'button' }));
}
