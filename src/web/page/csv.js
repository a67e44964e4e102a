// Turns what a teacher has (a CSV file, or cells pasted from a spreadsheet) into the CSV the server reads.

const columns = ['id', 'name', 'major', 'year'];
// The server knows more of them: letters and digits alone, without case and accents.
const otherNames = {
  id: ['id', 'studentid', 'studentnumber', 'studentno', 'studentnr', 'pupilid', 'idnumber', 'sourcedid', 'sisuserid', 'number', 'no', 'nr', 'nummer',
    'kennung', 'matrikelnummer', 'matrikelnr', 'schulernummer', 'schulernr', 'schuelernummer', 'schuelernr', 'identifiant', 'numeroetudiant'],
  name: ['name', 'fullname', 'displayname', 'student', 'studentname', 'schuler', 'schulerin', 'vollstandigername', 'nom', 'nomcomplet'],
  first: ['firstname', 'givenname', 'forename', 'vorname', 'prenom'],
  last: ['lastname', 'surname', 'familyname', 'nachname', 'familienname', 'nomdefamille'],
  major: ['major', 'subject', 'course', 'programme', 'program', 'fach', 'zweig', 'studiengang', 'filiere'],
  year: ['year', 'grade', 'jahr', 'jahrgang', 'stufe', 'jahrgangsstufe', 'klasse', 'annee', 'niveau'],
};

const plain = (head) => head.toLowerCase().normalize('NFD').replace(/[^\p{Letter}\p{Number}]/gu, '');

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
  const heads = rows[0].map((head) => Object.keys(otherNames).find((name) => otherNames[name].includes(plain(head))));
  const named = ['id', 'name', 'last'].filter((name) => heads.includes(name)).length > 1 || (heads.includes('first') && heads.includes('last'));
  const order = named ? heads : columns;
  return rows.slice(named ? 1 : 0).map((row) => {
    const cells = {};
    row.forEach((cell, index) => { if (order[index]) cells[order[index]] = cell; });
    const name = cells.name || [cells.first, cells.last].filter(Boolean).join(' ');
    return { id: cells.id ?? '', name, major: cells.major ?? '', year: cells.year ?? '' };
  });
}

const quote = (cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export function toCsv(students) {
  const lines = students.map((student) => columns.map((name) => quote(student[name])).join(','));
  return `${columns.join(',')}\n${lines.join('\n')}\n`;
}
