#include "records/scrub.h"

#include <stdlib.h>

#include "base/limits.h"

/* Places in the header of the file (1.3), which is at the beginning of its first page. */
enum {
    HEADER_BYTES = 100,
    PAGE_SIZE_AT = 16,
    RESERVED_AT = 20,
    PAGE_COUNT_AT = 28,
    FREE_FIRST_AT = 32,
    FREE_COUNT_AT = 36,
    LARGEST_ROOT_AT = 52 /* not 0: there are pages of another kind, which we never make */
};
/* A page for the locks of files this large: never read, never written. */
#define LOCK_BYTE INT64_C(0x40000000)
/* Kinds of pages in a tree (1.6). */
enum { INDEX_INTERIOR = 2, TABLE_INTERIOR = 5, INDEX_LEAF = 10, TABLE_LEAF = 13 };
/* Places in the header of such a page. */
enum { FREE_BLOCK_AT = 1, CELLS_AT = 3, CONTENT_AT = 5, FRAGMENTS_AT = 7, RIGHTMOST_AT = 8 };
enum { LEAF_HEADER_BYTES = 8, INTERIOR_HEADER_BYTES = 12, LINK_BYTES = 4, CELL_BYTES_MIN = 4, PAGE_BYTES_MAX = 65536 };
/* Written anew when more than one page in so many is free. */
enum { FREE_PART = 4 };

struct span {
    int64_t at;
    uint32_t size;
};

struct scrub {
    const struct hr_database *database;
    sqlite3_file *file;
    uint32_t page_size, page_count, met;
    bool *seen;              /* owned; [page_count + 1] */
    uint8_t *page, *chained; /* owned; one page each */
    uint8_t *used;           /* owned; 0xFF for each byte of a page that is somebody's */
    size_t marked;           /* bytes of the page that were said to be used: more than are, where two overlap */
    uint32_t *pages;         /* owned; of trees, to be walked */
    size_t page_todo, page_room;
    struct span *spans; /* owned; what is to be overwritten */
    size_t span_count, span_room;
    bool strange;
};

static uint32_t two(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static uint32_t four(const uint8_t *bytes)
{
    return two(bytes) << 16 | two(bytes + 2);
}

static enum hr_status no_memory(const struct scrub *scrub, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory to clean '%s'", scrub->database->path);
}

/* One more place in an array that is full. */
static enum hr_status grow(const struct scrub *scrub, void **items, size_t *room, size_t item_bytes,
                           struct hr_error *error)
{
    size_t wanted = *room * 2 + 256, bytes;
    void *larger = hr_size_multiply(wanted, item_bytes, &bytes) ? realloc(*items, bytes) : NULL;
    if (larger == NULL)
        return no_memory(scrub, error);
    *items = larger;
    *room = wanted;
    return HR_OK;
}

static enum hr_status read_page(struct scrub *scrub, uint32_t number, uint8_t *into, struct hr_error *error)
{
    int code = scrub->file->pMethods->xRead(scrub->file, into, (int)scrub->page_size,
                                            (sqlite3_int64)(number - 1) * scrub->page_size);
    return code == SQLITE_OK ? HR_OK : hr_sql_fail(scrub->database, code, "cleaning it", error);
}

/* Whether the page is met for the first time; a page that is met again, or is none, makes the file a strange one. */
static bool meet(struct scrub *scrub, uint32_t number)
{
    if (number == 0 || number > scrub->page_count || scrub->seen[number]) {
        scrub->strange = true;
        return false;
    }
    scrub->seen[number] = true;
    scrub->met++;
    return true;
}

static enum hr_status walk_later(struct scrub *scrub, uint32_t number, struct hr_error *error)
{
    if (!meet(scrub, number))
        return HR_OK;
    if (scrub->page_todo == scrub->page_room) {
        void *items = scrub->pages;
        enum hr_status status = grow(scrub, &items, &scrub->page_room, sizeof *scrub->pages, error);
        scrub->pages = items;
        if (status != HR_OK)
            return status;
    }
    scrub->pages[scrub->page_todo++] = number;
    return HR_OK;
}

/* --- what is to be zero --- */

static enum hr_status add_span(struct scrub *scrub, int64_t at, size_t size, struct hr_error *error)
{
    if (scrub->span_count == scrub->span_room) {
        void *items = scrub->spans;
        enum hr_status status = grow(scrub, &items, &scrub->span_room, sizeof *scrub->spans, error);
        scrub->spans = items;
        if (status != HR_OK)
            return status;
    }
    scrub->spans[scrub->span_count++] = (struct span){.at = at, .size = (uint32_t)size};
    return HR_OK;
}

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Notes every run of bytes that are not zero and nobody's. */
static enum hr_status note_rest(struct scrub *scrub, uint32_t number, const uint8_t *page, struct hr_error *error)
{
    uint64_t any = 0;
    for (size_t i = 0; i < scrub->page_size; i += sizeof any)
        any |= word_at(page + i) & ~word_at(scrub->used + i);
    if (any == 0)
        return HR_OK;
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < scrub->page_size; i++) {
        size_t begin = i, end = i; /* behind the last that is not zero */
        while (i < scrub->page_size && scrub->used[i] == 0) {
            if (page[i] != 0 && end == begin)
                begin = i;
            if (page[i] != 0)
                end = i + 1;
            i++;
        }
        if (end > begin)
            status = add_span(scrub, (int64_t)(number - 1) * scrub->page_size + (int64_t)begin, end - begin, error);
    }
    return status;
}

static void mark_none(struct scrub *scrub)
{
    memset(scrub->used, 0, scrub->page_size);
    scrub->marked = 0;
}

static void mark(struct scrub *scrub, size_t at, size_t size)
{
    if (at > scrub->page_size || size > scrub->page_size - at) {
        scrub->strange = true;
        return;
    }
    memset(scrub->used + at, 0xFF, size);
    scrub->marked += size;
}

/* Whether no byte was said to be used twice. */
static bool is_marked_once(const struct scrub *scrub)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t count = 0;
    for (size_t i = 0; i < scrub->page_size; i += sizeof ones)
        count += ((word_at(scrub->used + i) & ones) * ones) >> 56;
    return count == scrub->marked;
}

static bool is_marked(const struct scrub *scrub, size_t at, size_t size)
{
    return memchr(scrub->used + at, 0xFF, size) != NULL;
}

/* --- records --- */

/* A number of one to nine bytes (1.6); how many there were, 0: the page ends within. */
static size_t number_at(const struct scrub *scrub, const uint8_t *page, size_t at, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < 9 && at + i < scrub->page_size; i++) {
        uint8_t byte = page[at + i];
        if (i == 8) {
            *out = *out << 8 | byte;
            return 9;
        }
        *out = *out << 7 | (byte & 0x7F);
        if ((byte & 0x80) == 0)
            return i + 1;
    }
    return 0;
}

/* How much of a record lies in its page (1.6, at the end). */
static size_t local_bytes(const struct scrub *scrub, uint64_t payload, bool of_table)
{
    size_t usable = scrub->page_size;
    size_t most = of_table ? usable - 35 : (usable - 12) * 64 / 255 - 23;
    size_t least = (usable - 12) * 32 / 255 - 23;
    if (payload <= most)
        return (size_t)payload;
    size_t surplus = least + (size_t)((payload - least) % (usable - LINK_BYTES));
    return surplus <= most ? surplus : least;
}

/* What of a record lies in pages of its own, one behind the other. */
static enum hr_status walk_chain(struct scrub *scrub, uint32_t first, uint64_t left, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    uint32_t number = first;
    while (status == HR_OK && !scrub->strange && left > 0 && meet(scrub, number)) {
        status = read_page(scrub, number, scrub->chained, error);
        if (status != HR_OK)
            break;
        uint64_t room = scrub->page_size - LINK_BYTES;
        size_t here = (size_t)(left < room ? left : room);
        const uint8_t *rest = scrub->chained + LINK_BYTES + here;
        bool clean = true;
        for (size_t i = 0; i < room - here; i++)
            clean = clean && rest[i] == 0;
        if (!clean)
            status = add_span(scrub, (int64_t)(number - 1) * scrub->page_size + LINK_BYTES + (int64_t)here, room - here,
                              error);
        left -= here;
        number = four(scrub->chained);
    }
    scrub->strange = scrub->strange || (status == HR_OK && number != 0);
    return status;
}

/* A cell of the page at hand: its child, its record. */
static enum hr_status walk_cell(struct scrub *scrub, uint8_t kind, size_t at, struct hr_error *error)
{
    const uint8_t *page = scrub->page;
    bool interior = kind == INDEX_INTERIOR || kind == TABLE_INTERIOR;
    bool of_table = kind == TABLE_INTERIOR || kind == TABLE_LEAF;
    size_t end = at;
    uint64_t payload = 0, row;
    enum hr_status status = HR_OK;
    if (at + LINK_BYTES > scrub->page_size) {
        scrub->strange = true;
        return HR_OK;
    }
    if (interior) {
        status = walk_later(scrub, four(page + at), error);
        end += LINK_BYTES;
    }
    size_t read = kind == TABLE_INTERIOR ? 0 : number_at(scrub, page, end, &payload);
    scrub->strange = scrub->strange || (kind != TABLE_INTERIOR && read == 0);
    end += read;
    read = of_table ? number_at(scrub, page, end, &row) : 0;
    scrub->strange = scrub->strange || (of_table && read == 0);
    end += read;
    size_t local = local_bytes(scrub, payload, of_table);
    bool chained = payload > local;
    end += local + (chained ? LINK_BYTES : 0);
    mark(scrub, at, end - at < CELL_BYTES_MIN ? CELL_BYTES_MIN : end - at);
    if (status == HR_OK && chained && !scrub->strange)
        status = walk_chain(scrub, four(page + end - LINK_BYTES), payload - local, error);
    return status;
}

/* The blocks between cells that SQLite keeps a list of: only their links are somebody's. `unlisted`: how many bytes no
 * cell has. How many of them are in no block, either. */
static size_t walk_blocks(struct scrub *scrub, size_t header, size_t content, size_t unlisted)
{
    const uint8_t *page = scrub->page;
    size_t last = content;
    for (size_t at = two(page + header + FREE_BLOCK_AT); at != 0 && !scrub->strange; at = two(page + at)) {
        size_t size = at + LINK_BYTES <= scrub->page_size ? two(page + at + 2) : 0;
        if (at < last || size < LINK_BYTES || size > scrub->page_size - at || size > unlisted ||
            is_marked(scrub, at, size)) {
            scrub->strange = true;
            break;
        }
        unlisted -= size;
        last = at + size;
        mark(scrub, at, LINK_BYTES);
    }
    return unlisted;
}

static enum hr_status walk_page(struct scrub *scrub, uint32_t number, struct hr_error *error)
{
    const uint8_t *page = scrub->page;
    size_t header = number == 1 ? HEADER_BYTES : 0;
    enum hr_status status = read_page(scrub, number, scrub->page, error);
    if (status != HR_OK)
        return status;
    uint8_t kind = page[header];
    bool interior = kind == INDEX_INTERIOR || kind == TABLE_INTERIOR;
    if (!interior && kind != INDEX_LEAF && kind != TABLE_LEAF) {
        scrub->strange = true;
        return HR_OK;
    }
    size_t cells = two(page + header + CELLS_AT), content = two(page + header + CONTENT_AT);
    size_t pointers = header + (interior ? INTERIOR_HEADER_BYTES : LEAF_HEADER_BYTES);
    content = content == 0 ? PAGE_BYTES_MAX : content;
    mark_none(scrub);
    mark(scrub, 0, pointers + cells * 2);
    if (content > scrub->page_size || content < pointers + cells * 2)
        scrub->strange = true;
    for (size_t i = 0; status == HR_OK && !scrub->strange && i < cells; i++) {
        size_t at = two(page + pointers + i * 2);
        scrub->strange = at < content;
        if (!scrub->strange)
            status = walk_cell(scrub, kind, at, error);
    }
    if (status == HR_OK && interior)
        status = walk_later(scrub, four(page + header + RIGHTMOST_AT), error);
    if (status != HR_OK || scrub->strange)
        return status;
    size_t in_cells = scrub->marked - pointers - cells * 2, room = scrub->page_size - content;
    if (in_cells > room || walk_blocks(scrub, header, content, room - in_cells) != page[header + FRAGMENTS_AT] ||
        !is_marked_once(scrub))
        scrub->strange = true;
    return scrub->strange ? HR_OK : note_rest(scrub, number, page, error);
}

static enum hr_status walk_trees(struct scrub *scrub, struct hr_database *database, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = walk_later(scrub, 1, error); /* the table of tables */
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_ROOTS, &statement, error);
    if (status != HR_OK)
        return status;
    while (hr_sql_next(database, statement, "cleaning it", &status, error)) {
        sqlite3_int64 root = sqlite3_column_int64(statement, 0);
        status = walk_later(scrub, root > 0 && root <= UINT32_MAX ? (uint32_t)root : 0, error);
    }
    while (status == HR_OK && !scrub->strange && scrub->page_todo > 0) {
        if (hr_stop_requested(database->stop))
            return hr_error_set(error, HR_ERR_DEADLINE, "'%s': stopped", database->path);
        status = walk_page(scrub, scrub->pages[--scrub->page_todo], error);
    }
    return status;
}

/* --- pages of nobody --- */

static enum hr_status walk_free_page(struct scrub *scrub, uint32_t number, struct hr_error *error)
{
    if (!meet(scrub, number))
        return HR_OK;
    enum hr_status status = read_page(scrub, number, scrub->chained, error);
    mark_none(scrub);
    return status == HR_OK ? note_rest(scrub, number, scrub->chained, error) : status;
}

/* The list of them (1.5): each trunk names the next one, and leaves. */
static enum hr_status walk_free(struct scrub *scrub, uint32_t trunk, uint32_t expected, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    uint32_t met = scrub->met;
    while (status == HR_OK && trunk != 0 && !scrub->strange && meet(scrub, trunk)) {
        status = read_page(scrub, trunk, scrub->page, error);
        if (status != HR_OK)
            break;
        uint32_t leaves = four(scrub->page + LINK_BYTES);
        if (leaves > scrub->page_size / LINK_BYTES - 2) {
            scrub->strange = true;
            break;
        }
        mark_none(scrub);
        mark(scrub, 0, (size_t)(leaves + 2) * LINK_BYTES);
        status = note_rest(scrub, trunk, scrub->page, error);
        for (uint32_t i = 0; status == HR_OK && !scrub->strange && i < leaves; i++)
            status = walk_free_page(scrub, four(scrub->page + (size_t)(i + 2) * LINK_BYTES), error);
        trunk = four(scrub->page);
    }
    scrub->strange = scrub->strange || (status == HR_OK && scrub->met - met != expected);
    return status;
}

/* --- all of it --- */

static enum hr_status overwrite(struct scrub *scrub, struct hr_error *error)
{
    static const uint8_t zeros[PAGE_BYTES_MAX];
    const sqlite3_io_methods *methods = scrub->file->pMethods;
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < scrub->span_count; i++)
        code = methods->xWrite(scrub->file, zeros, (int)scrub->spans[i].size, scrub->spans[i].at);
    if (code == SQLITE_OK && scrub->span_count > 0)
        code = methods->xSync(scrub->file, SQLITE_SYNC_NORMAL);
    return code == SQLITE_OK ? HR_OK : hr_sql_fail(scrub->database, code, "cleaning it", error);
}

static enum hr_status make_room(struct scrub *scrub, struct hr_error *error)
{
    scrub->seen = calloc((size_t)scrub->page_count + 1, sizeof *scrub->seen);
    scrub->page = malloc(scrub->page_size);
    scrub->chained = malloc(scrub->page_size);
    scrub->used = malloc(scrub->page_size);
    bool all = scrub->seen != NULL && scrub->page != NULL && scrub->chained != NULL && scrub->used != NULL;
    return all ? HR_OK : no_memory(scrub, error);
}

/* The sizes of the file by its `header`; false: they do not agree, or it has what ours has not. */
static bool measure(struct scrub *scrub, const uint8_t *header, sqlite3_int64 size)
{
    uint32_t page_size = two(header + PAGE_SIZE_AT);
    scrub->page_size = page_size == 1 ? PAGE_BYTES_MAX : page_size;
    scrub->page_count = four(header + PAGE_COUNT_AT);
    return scrub->page_size >= 512 && (scrub->page_size & (scrub->page_size - 1)) == 0 && header[RESERVED_AT] == 0 &&
           four(header + LARGEST_ROOT_AT) == 0 && scrub->page_count > 0 &&
           size == (sqlite3_int64)scrub->page_count * scrub->page_size;
}

enum hr_status hr_sql_scrub(struct hr_database *database, enum hr_scrubbed *out, struct hr_error *error)
{
    struct scrub scrub = {.database = database};
    uint8_t header[HEADER_BYTES];
    sqlite3_int64 size = 0;
    *out = HR_SCRUB_STRANGE;
    int code = sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_FILE_POINTER, &scrub.file);
    if (code == SQLITE_OK)
        code = scrub.file->pMethods->xFileSize(scrub.file, &size);
    if (code == SQLITE_OK && size >= HEADER_BYTES)
        code = scrub.file->pMethods->xRead(scrub.file, header, HEADER_BYTES, 0);
    if (code != SQLITE_OK)
        return hr_sql_fail(database, code, "cleaning it", error);
    if (size < HEADER_BYTES || !measure(&scrub, header, size))
        return HR_OK;
    if (four(header + FREE_COUNT_AT) > scrub.page_count / FREE_PART) {
        *out = HR_SCRUB_SPACIOUS;
        return HR_OK;
    }
    enum hr_status status = make_room(&scrub, error);
    if (status == HR_OK && size > LOCK_BYTE)
        status = walk_free_page(&scrub, (uint32_t)(LOCK_BYTE / scrub.page_size) + 1, error);
    if (status == HR_OK)
        status = walk_free(&scrub, four(header + FREE_FIRST_AT), four(header + FREE_COUNT_AT), error);
    if (status == HR_OK && !scrub.strange)
        status = walk_trees(&scrub, database, error);
    if (status == HR_OK && !scrub.strange && scrub.met == scrub.page_count) {
        status = overwrite(&scrub, error);
        *out = HR_SCRUBBED;
    }
    free(scrub.seen);
    free(scrub.page);
    free(scrub.chained);
    free(scrub.used);
    free(scrub.pages);
    free(scrub.spans);
    return status;
}
