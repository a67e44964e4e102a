// People who were seen in the class and whom nobody has named yet: one name counts for all their lessons.
import { h, bdi, link, swap, sayUndo } from './dom.js';
import { get, remove, at, correct } from './api.js';
import { unknownList, nameUnknown, namedText } from './roll.js';
import { t } from './texts.js';

export async function show({ params: [id], signal }) {
  let data = await get(at('classes', id), signal);
  let people = [];
  const host = h('div', {});
  async function reload() {
    ({ people } = await get(at('classes', id, 'unknown'), signal));
    swap(host, unknownList(people, { name, nobody }));
  }
  async function apply(person, what, text) {
    const lesson = lessonOf(person, data.lessons);
    const { correction, lesson: after } = await correct(lesson, { person: person.person, ...what });
    await reload();
    sayUndo(typeof text === 'function' ? text(after) : text, async () => {
      await remove(at('lessons', lesson, 'corrections', correction));
      await reload();
    });
  }
  async function name(person) {
    const student = await nameUnknown(person, data.students, id, data.keep_days > 0);
    if (!student) return;
    await apply(person, { kind: 'is', student: student.id }, (after) => namedText(person, student, null, after));
  }
  const nobody = (person) => apply(person, { kind: 'nobody' }, t('unknown.nobody', { person: person.person }));
  await reload();
  return {
    title: t('unknown.of', { title: data.title }),
    nodes: [h('p', {}, link(`#/class/${encodeURIComponent(id)}`, bdi(data.title))), h('p', {}, t('unknown.text')), host],
    async refresh(change) {
      if (change.kind === 'task') return;
      data = await get(at('classes', id), signal);
      await reload();
    },
  };
}

/** A correction belongs to a lesson: the last one this person was seen in. */
function lessonOf(person, lessons) {
  if (Array.isArray(person.lessons) && person.lessons.length) return person.lessons.at(-1);
  const seen = lessons.filter((one) => one.day >= person.first_day && one.day <= person.last_day);
  const last = seen.filter((one) => one.day === person.last_day);
  const lesson = last.find((one) => Number(one.recordings?.length ?? one.recordings) > 0) ?? last[0] ?? seen[0] ?? lessons[0];
  if (!lesson) throw Object.assign(new Error(t('unknown.no.lesson')), { forPeople: true });
  return lesson.lesson;
}
