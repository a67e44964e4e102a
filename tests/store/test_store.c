/* What every store promises, asked of the folder and of its twin in memory. */
#include "support/check.h"

#include <pthread.h>

#include "store/store.h"
#include "support/temporary.h"

struct fixture {
    struct hr_store store;
    struct temporary folder; /* of the folder store */
};

static int open_folder(void **state)
{
    struct hr_error error;
    struct fixture *fixture = calloc(1, sizeof *fixture);
    temporary_make(&fixture->folder);
    assert_ok(hr_store_open_folder(&fixture->store, fixture->folder.path, false, &error), &error);
    *state = fixture;
    return 0;
}

static int open_memory(void **state)
{
    struct hr_error error;
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_ok(hr_store_open_memory(&fixture->store, &error), &error);
    *state = fixture;
    return 0;
}

static int close_store(void **state)
{
    struct fixture *fixture = *state;
    hr_store_close(&fixture->store);
    assert_null(fixture->store.context);
    hr_store_close(&fixture->store);
    if (fixture->folder.path[0] != '\0')
        temporary_remove(&fixture->folder);
    free(fixture);
    return 0;
}

static void put(struct hr_store *store, const char *name, const char *text)
{
    struct hr_error error;
    assert_ok(store->put(store->context, name, hr_view_text(text), &error), &error);
}

static void assert_content(struct hr_stream *stream, const char *text)
{
    char into[256];
    size_t size = 0, got = 0;
    struct hr_error error;
    enum hr_status status;
    while ((status = stream->read(stream->context, into + size, 3, &got, &error)) == HR_OK)
        size += got;
    assert_int_equal(status, HR_END);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(into, text, size);
}

static void assert_holds(struct hr_store *store, const char *name, const char *text)
{
    struct hr_error error;
    struct hr_stream stream;
    assert_ok(store->open(store->context, name, &stream, NULL, &error), &error);
    assert_int_equal(stream.size_bytes, strlen(text));
    assert_content(&stream, text);
    hr_stream_close(&stream);
}

static void what_was_put_is_there(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    put(store, "a.csv", "name\r\n");
    put(store, "empty", "");
    put(store, "Zoë 陈.csv", "x");
    assert_holds(store, "a.csv", "name\r\n");
    assert_holds(store, "empty", "");
    assert_holds(store, "Zoë 陈.csv", "x");
}

static void putting_again_replaces(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    put(store, "a", "a long first text");
    put(store, "a", "short");
    assert_holds(store, "a", "short");
    put(store, "a", "");
    assert_holds(store, "a", "");
}

static void open_stream_keeps_its_bytes(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    struct hr_error error;
    struct hr_stream first, second;
    put(store, "a", "before");
    assert_ok(store->open(store->context, "a", &first, NULL, &error), &error);
    put(store, "a", "afterwards");
    assert_ok(store->open(store->context, "a", &second, NULL, &error), &error);
    assert_ok(store->remove(store->context, "a", &error), &error);
    hr_store_close(store); /* the streams outlive the store */
    assert_content(&first, "before");
    assert_content(&second, "afterwards");
    hr_stream_close(&first);
    hr_stream_close(&second);
}

static void stream_can_be_sought(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    struct hr_error error;
    struct hr_stream stream;
    put(store, "a", "0123456789");
    assert_ok(store->open(store->context, "a", &stream, NULL, &error), &error);
    assert_non_null(stream.seek);
    assert_ok(stream.seek(stream.context, 7, &error), &error);
    assert_content(&stream, "789");
    assert_ok(stream.seek(stream.context, 0, &error), &error);
    assert_content(&stream, "0123456789");
    assert_ok(stream.seek(stream.context, 10, &error), &error);
    assert_content(&stream, "");
    hr_stream_close(&stream);
}

static void list_is_sorted_without_hidden_files(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    static const char *const names[] = {"b.mp4", "a.mp4", "B.mp4",   ".hidden",   "._a.mp4", "a10.mp4", "a2.mp4",
                                        "é.mp4", "c",     ".x.part", "..twodots", "z",       "y",       "x",
                                        "w",     "v",     "u",       "t",         "s",       "r"};
    static const char *const expected[] = {"B.mp4", "a.mp4", "a10.mp4", "a2.mp4", "b.mp4", "c", "r", "s",
                                           "t",     "u",     "v",       "w",      "x",     "y", "z", "é.mp4"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        put(store, names[i], names[i]);
    struct hr_error error;
    struct hr_store_item *items = NULL;
    size_t count = 0;
    assert_ok(store->list(store->context, &items, &count, &error), &error);
    assert_int_equal(count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(items[i].name, expected[i]);
        assert_int_equal(items[i].size_bytes, strlen(expected[i]));
        assert_true(items[i].modified_us > INT64_C(1700000000000000));
    }
    hr_store_items_free(items, count);
}

static void empty_store_lists_nothing(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    struct hr_error error;
    struct hr_store_item *items = (void *)1;
    size_t count = 99;
    assert_ok(store->list(store->context, &items, &count, &error), &error);
    assert_null(items);
    assert_int_equal(count, 0);
    put(store, ".hidden", "");
    assert_ok(store->list(store->context, &items, &count, &error), &error);
    assert_null(items);
    assert_int_equal(count, 0);
}

static void stat_tells_size_and_time(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    struct hr_error error;
    struct hr_store_item item;
    put(store, "a.csv", "12345");
    assert_ok(store->stat(store->context, "a.csv", &item, &error), &error);
    assert_string_equal(item.name, "a.csv");
    assert_int_equal(item.size_bytes, 5);
    assert_true(item.modified_us > INT64_C(1700000000000000));
    hr_store_item_clear(&item);
    assert_null(item.name);
}

static void removed_is_gone(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    struct hr_error error;
    put(store, "a", "1");
    put(store, "b", "2");
    put(store, "c", "3");
    assert_ok(store->remove(store->context, "a", &error), &error);
    assert_error(store->remove(store->context, "a", &error), HR_ERR_NOT_FOUND, &error, "a");
    assert_holds(store, "b", "2");
    assert_holds(store, "c", "3");
}

static void what_is_missing_is_not_found(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    struct hr_error error;
    struct hr_stream stream;
    struct hr_store_item item;
    assert_error(store->open(store->context, "none.mp4", &stream, NULL, &error), HR_ERR_NOT_FOUND, &error, "none.mp4");
    hr_stream_close(&stream);
    assert_error(store->stat(store->context, "none.mp4", &item, &error), HR_ERR_NOT_FOUND, &error, "none.mp4");
    hr_store_item_clear(&item);
    assert_error(store->remove(store->context, "none.mp4", &error), HR_ERR_NOT_FOUND, &error, "none.mp4");
}

static void names_that_lead_out_are_refused(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    static const char *const names[] = {"",    ".",  "..", "../x",  "/etc/passwd", "a/../x", "a/b",
                                        "./a", "a/", "//", "..//x", "a/..",        "/"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct hr_error error;
        struct hr_stream stream;
        struct hr_store_item item;
        const char *name = names[i];
        assert_error(store->put(store->context, name, hr_view_text("x"), &error), HR_ERR_ARGUMENT, &error, "name");
        assert_int_equal(store->open(store->context, name, &stream, NULL, &error), HR_ERR_ARGUMENT);
        assert_int_equal(store->stat(store->context, name, &item, &error), HR_ERR_ARGUMENT);
        assert_int_equal(store->remove(store->context, name, &error), HR_ERR_ARGUMENT);
    }
}

/* At, below and above the 255 bytes that a name may have. */
static void names_that_are_too_long_are_refused(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    char name[300];
    for (size_t length = 254; length <= 256; length++) {
        memset(name, 'n', length);
        name[length] = '\0';
        struct hr_error error;
        enum hr_status status = store->put(store->context, name, hr_view_text("x"), &error);
        assert_int_equal(status, length <= 255 ? HR_OK : HR_ERR_ARGUMENT);
        if (status == HR_OK)
            assert_holds(store, name, "x");
        else
            assert_non_null(strstr(error.text, "255"));
    }
}

enum { THREADS = 4, FILES_PER_THREAD = 8 };

struct job {
    struct hr_store *store;
    int number;
    bool good;
};

static void *put_and_list(void *context)
{
    struct job *job = context;
    struct hr_error error;
    job->good = true;
    for (int i = 0; i < FILES_PER_THREAD; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d-%d", job->number, i);
        struct hr_store_item *items;
        size_t count;
        void *store = job->store->context;
        if (job->store->put(store, name, hr_view_text(name), &error) != HR_OK ||
            job->store->put(store, "shared", hr_view_text(name), &error) != HR_OK ||
            job->store->list(store, &items, &count, &error) != HR_OK) {
            job->good = false;
            break;
        }
        job->good = job->good && count >= (size_t)i + 2; /* its own and the shared one */
        hr_store_items_free(items, count);
    }
    return NULL;
}

static void threads_may_share_a_store(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    struct job jobs[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){.store = store, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, put_and_list, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(jobs[i].good);
    }
    struct hr_error error;
    struct hr_store_item *items;
    size_t count;
    assert_ok(store->list(store->context, &items, &count, &error), &error);
    assert_int_equal(count, THREADS * FILES_PER_THREAD + 1);
    hr_store_items_free(items, count);
}

#define ON(kind, test)                                                                                                 \
    {                                                                                                                  \
#test " (" #kind ")", test, open_##kind, close_store, NULL                                                     \
    }
#define ON_BOTH(test) ON(folder, test), ON(memory, test)

static const struct hr_store_tag of_video = {"source", "\"9bb58f26\""};

/* A version that nothing has: only what is not there yet is put. */
static enum hr_status put_new(struct hr_store *store, const char *name, const char *text, struct hr_store_tags tags,
                              struct hr_error *error)
{
    char version[HR_STORE_VERSION_SIZE] = "";
    return store->put_if(store->context, name, hr_view_text(text), tags, version, error);
}

static void put_if_nothing_is_there_does_not_replace(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    struct hr_error error;
    struct hr_store_tags tags = {&of_video, 1};
    assert_ok(put_new(store, "a", "first", tags, &error), &error);
    assert_error(put_new(store, "a", "second", tags, &error), HR_ERR_CONFLICT, &error, "is there already");
    assert_holds(store, "a", "first");
    put(store, "a", "third");
    assert_holds(store, "a", "third");
    assert_error(put_new(store, "../a", "", tags, &error), HR_ERR_ARGUMENT, &error, "../a");
    struct hr_store_item *items;
    size_t count;
    assert_ok(store->list(store->context, &items, &count, &error), &error);
    assert_int_equal(count, 1);
    hr_store_items_free(items, count);
}

/* Every way to ask says the same of which version is there. */
static void assert_version(struct hr_store *store, const char *name, const char *version)
{
    struct hr_error error;
    struct hr_store_item item, *items;
    struct hr_stream stream;
    size_t count;
    char of_tag[HR_STORE_VERSION_SIZE], of_stream[HR_STORE_VERSION_SIZE], value[HR_STORE_TAG_BYTES + 1];
    assert_ok(store->stat(store->context, name, &item, &error), &error);
    assert_string_equal(item.version, version);
    hr_store_item_clear(&item);
    assert_ok(store->get_tag(store->context, name, "source", value, of_tag, &error), &error);
    assert_string_equal(of_tag, version);
    assert_ok(store->open(store->context, name, &stream, of_stream, &error), &error);
    assert_string_equal(of_stream, version);
    hr_stream_close(&stream);
    assert_ok(store->list(store->context, &items, &count, &error), &error);
    assert_string_equal(items[0].version, version);
    hr_store_items_free(items, count);
}

static void put_if_and_remove_if_change_only_what_was_seen(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    struct hr_error error;
    struct hr_store_tags tags = {&of_video, 1}, none = {0};
    char first[HR_STORE_VERSION_SIZE] = "", second[HR_STORE_VERSION_SIZE], third[HR_STORE_VERSION_SIZE];
    char value[HR_STORE_TAG_BYTES + 1];
    assert_ok(store->put_if(store->context, "a", hr_view_text("one"), tags, first, &error), &error);
    assert_version(store, "a", first);
    memcpy(second, first, sizeof second);
    assert_ok(store->put_if(store->context, "a", hr_view_text("two"), none, second, &error), &error);
    assert_string_not_equal(first, second);
    assert_version(store, "a", second);
    assert_ok(store->get_tag(store->context, "a", "source", value, NULL, &error), &error);
    assert_string_equal(value, "");
    /* Who has seen the first one changes nothing any more. */
    memcpy(third, first, sizeof third);
    assert_error(store->put_if(store->context, "a", hr_view_text("three"), none, third, &error), HR_ERR_CONFLICT,
                 &error, "meanwhile");
    assert_string_equal(third, first);
    assert_error(store->remove_if(store->context, "a", first, &error), HR_ERR_CONFLICT, &error, "meanwhile");
    assert_holds(store, "a", "two");
    assert_ok(store->remove_if(store->context, "a", second, &error), &error);
    /* Nor when it is gone. */
    assert_error(store->remove_if(store->context, "a", second, &error), HR_ERR_CONFLICT, &error, "meanwhile");
    assert_error(store->put_if(store->context, "a", hr_view_text("four"), none, second, &error), HR_ERR_CONFLICT,
                 &error, "meanwhile");
    assert_int_equal(store->stat(store->context, "a", &(struct hr_store_item){0}, &error), HR_ERR_NOT_FOUND);
}

enum { INCREMENTS = 20 };

/* Reads a number and puts the next one, as often as it takes that nobody comes in between. */
static void *count_up(void *context)
{
    struct hr_store *store = context;
    struct hr_error error;
    for (int done = 0; done < INCREMENTS;) {
        struct hr_stream stream = {0};
        char version[HR_STORE_VERSION_SIZE], text[32] = "";
        size_t got = 0;
        if (store->open(store->context, "number", &stream, version, &error) != HR_OK)
            return NULL;
        enum hr_status status = stream.read(stream.context, text, sizeof text - 1, &got, &error);
        hr_stream_close(&stream);
        if (status != HR_OK)
            return NULL;
        snprintf(text, sizeof text, "%d", atoi(text) + 1);
        status =
            store->put_if(store->context, "number", hr_view_text(text), (struct hr_store_tags){0}, version, &error);
        if (status != HR_OK && status != HR_ERR_CONFLICT)
            return NULL;
        done += status == HR_OK;
    }
    return store;
}

static void no_change_is_lost_between_looking_and_putting(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    pthread_t threads[THREADS];
    char expected[32];
    put(store, "number", "0");
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, store), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_non_null(result);
    }
    snprintf(expected, sizeof expected, "%d", (int)(THREADS * INCREMENTS));
    assert_holds(store, "number", expected);
}

static void *put_new_in_thread(void *context)
{
    struct hr_store *store = context;
    struct hr_error error;
    enum hr_status status = put_new(store, "one", "mine", (struct hr_store_tags){0}, &error);
    return status == HR_OK ? store : NULL;
}

static void one_of_many_puts_the_new_one(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    pthread_t threads[THREADS];
    size_t succeeded = 0;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_new_in_thread, store), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        succeeded += result != NULL;
    }
    assert_int_equal(succeeded, 1);
    assert_holds(store, "one", "mine");
}

static void tags_are_a_hint(void **state)
{
    struct fixture *fixture = *state;
    struct hr_store *store = &fixture->store;
    struct hr_error error;
    char value[HR_STORE_TAG_BYTES + 1];
    struct hr_store_tags tags = {&of_video, 1};
    assert_ok(store->put_tagged(store->context, "a", hr_view_text("x"), tags, &error), &error);
    assert_ok(store->get_tag(store->context, "a", "source", value, NULL, &error), &error);
    assert_string_equal(value, of_video.value);
    assert_ok(store->get_tag(store->context, "a", "other", value, NULL, &error), &error);
    assert_string_equal(value, "");
    put(store, "a", "y");
    assert_ok(store->get_tag(store->context, "a", "source", value, NULL, &error), &error);
    assert_string_equal(value, "");
    assert_int_equal(store->get_tag(store->context, "b", "source", value, NULL, &error), HR_ERR_NOT_FOUND);
    /* They go with the file. */
    assert_ok(store->put_tagged(store->context, "a", hr_view_text("x"), tags, &error), &error);
    assert_ok(store->remove(store->context, "a", &error), &error);
    put(store, "a", "x");
    assert_ok(store->get_tag(store->context, "a", "source", value, NULL, &error), &error);
    assert_string_equal(value, "");
    assert_ok(put_new(store, "c", "x", tags, &error), &error);
    assert_ok(store->get_tag(store->context, "c", "source", value, NULL, &error), &error);
    assert_string_equal(value, of_video.value);
}

/* Another program knows nothing of tags: those of a file that it has changed are not believed. */
static void tags_of_a_file_that_somebody_changed_are_forgotten(void **state)
{
    struct fixture *fixture = *state;
    struct hr_store *store = &fixture->store;
    struct hr_error error;
    char value[HR_STORE_TAG_BYTES + 1], path[4096];
    struct hr_store_tags tags = {&of_video, 1};
    if (fixture->folder.path[0] == '\0')
        return; /* in memory there is no other program */
    assert_ok(store->put_tagged(store->context, "a", hr_view_text("x"), tags, &error), &error);
    snprintf(path, sizeof path, "%s/a", fixture->folder.path);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    assert_int_equal(fputs("more", file) >= 0 && fclose(file) == 0, 1);
    assert_ok(store->get_tag(store->context, "a", "source", value, NULL, &error), &error);
    assert_string_equal(value, "");
}

static void tags_that_are_not_plain_are_refused(void **state)
{
    struct hr_store *store = &((struct fixture *)*state)->store;
    struct hr_error error;
    char too_long[HR_STORE_TAG_BYTES + 2];
    memset(too_long, 'x', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    const struct hr_store_tag bad[] = {{"", "x"},           {"Big", "x"},        {"a b", "x"},
                                       {"a", "two\nlines"}, {"a", "Zo\xc3\xab"}, {"a", too_long}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hr_store_tags tags = {&bad[i], 1};
        assert_error(put_new(store, "a", "x", tags, &error), HR_ERR_ARGUMENT, &error, "tag 1");
        assert_error(store->put_tagged(store->context, "a", hr_view_text("x"), tags, &error), HR_ERR_ARGUMENT, &error,
                     "tag 1");
    }
    const struct hr_store_tag longest = {"a", too_long + 1};
    struct hr_store_tags tags = {&longest, 1};
    assert_ok(put_new(store, "a", "x", tags, &error), &error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_was_put_is_there),
        ON_BOTH(putting_again_replaces),
        ON_BOTH(open_stream_keeps_its_bytes),
        ON_BOTH(stream_can_be_sought),
        ON_BOTH(list_is_sorted_without_hidden_files),
        ON_BOTH(empty_store_lists_nothing),
        ON_BOTH(stat_tells_size_and_time),
        ON_BOTH(removed_is_gone),
        ON_BOTH(what_is_missing_is_not_found),
        ON_BOTH(names_that_lead_out_are_refused),
        ON_BOTH(names_that_are_too_long_are_refused),
        ON_BOTH(threads_may_share_a_store),
        ON_BOTH(put_if_nothing_is_there_does_not_replace),
        ON_BOTH(put_if_and_remove_if_change_only_what_was_seen),
        ON_BOTH(no_change_is_lost_between_looking_and_putting),
        ON_BOTH(one_of_many_puts_the_new_one),
        ON_BOTH(tags_are_a_hint),
        ON_BOTH(tags_of_a_file_that_somebody_changed_are_forgotten),
        ON_BOTH(tags_that_are_not_plain_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
