// Turns what a teacher has (a CSV file, or cells pasted from a spreadsheet) into the CSV the server reads.

const columns = ['id', 'name', 'major', 'year'];
const otherNames = {
  id: ['id', 'student id', 'student_id', 'number', 'no', 'nr', 'nr.', 'nummer', 'kennung', 'matrikelnummer'],
  name: ['name', 'full name', 'student', 'schüler', 'schülerin', 'vollständiger name'],
  major: ['major', 'subject', 'course', 'fach', 'zweig'],
  year: ['year', 'jahr', 'jahrgang', 'stufe'],
};

export async function readText(file) {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Spreadsheets still save this older way.
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Rows of cells; the separator is the one of tab, semicolon and comma that the first line has most of. */
export function parse(text) {
  const clean = text.replace(/^\uFEFF/, '');
  const first = clean.split(/\r?\n/, 1)[0];
  const separator = ['\t', ';', ','].sort((a, b) => first.split(b).length - first.split(a).length)[0];
  const rows = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < clean.length; i += 1) {
    const letter = clean[i];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (clean[i + 1] === '"') { cell += '"'; i += 1; } else quoted = false;
    } else if (letter === '"' && cell === '') quoted = true;
    else if (letter === separator) { rows.at(-1).push(cell.trim()); cell = ''; }
    else if (letter === '\n') { rows.at(-1).push(cell.trim()); cell = ''; rows.push([]); }
    else if (letter !== '\r') cell += letter;
  }
  rows.at(-1).push(cell.trim());
  return rows.filter((row) => row.some(Boolean));
}

/** Students of a text, with or without a first line that names the columns. */
export function studentsOf(text) {
  const rows = parse(text);
  if (!rows.length) return [];
  const heads = rows[0].map((head) => columns.find((name) => otherNames[name].includes(head.toLowerCase())));
  const named = heads.includes('id') && heads.includes('name');
  const order = named ? heads : columns;
  return rows.slice(named ? 1 : 0).map((row) => {
    const student = { id: '', name: '', major: '', year: '' };
    row.forEach((cell, index) => { if (order[index]) student[order[index]] = cell; });
    return student;
  });
}

const quote = (cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export function toCsv(students) {
  const lines = students.map((student) => columns.map((name) => quote(student[name])).join(','));
  return `${columns.join(',')}\n${lines.join('\n')}\n`;
}
