/* The stores when memory runs out. */
#include "support/check.h"

#include "store/store.h"
#include "support/temporary.h"
#include "support/torture.h"

/* More than a list has room for at first. */
enum { FILES = 20 };

/* Once through every function of a store; puts the files from `first` on. */
static enum hr_status use_store(struct hr_store *store, char first, struct hr_error *error)
{
    struct hr_store_item *items = NULL, item = {0};
    struct hr_stream stream = {0};
    size_t count = 0, got = 0;
    char into[8];
    enum hr_status status = HR_OK;
    for (char name[] = {first, '\0'}; status == HR_OK && name[0] < 'a' + FILES; name[0]++)
        status = store->put(store->context, name, hr_view_text("bytes"), error);
    if (status == HR_OK)
        status = store->list(store->context, &items, &count, error);
    if (status == HR_OK)
        assert_int_equal(count, FILES);
    else
        assert_null(items);
    if (status == HR_OK)
        status = store->stat(store->context, "t", &item, error);
    if (status == HR_OK)
        status = store->open(store->context, "t", &stream, NULL, error);
    if (status == HR_OK)
        status = stream.read(stream.context, into, sizeof into, &got, error);
    if (status == HR_OK)
        status = store->remove(store->context, "t", error);
    const struct hr_store_tag tag = {"source", "x"};
    char version[HR_STORE_VERSION_SIZE] = "";
    if (status == HR_OK)
        status =
            store->put_if(store->context, "t", hr_view_text("bytes"), (struct hr_store_tags){&tag, 1}, version, error);
    if (status == HR_OK)
        status = store->remove_if(store->context, "t", version, error);
    hr_stream_close(&stream);
    hr_store_item_clear(&item);
    hr_store_items_free(items, count);
    return status;
}

static enum hr_status use_memory(void *context, struct hr_error *error)
{
    (void)context;
    struct hr_store store;
    enum hr_status status = hr_store_open_memory(&store, error);
    if (status == HR_OK)
        status = use_store(&store, 'a', error);
    hr_store_close(&store);
    return status;
}

/* Most files are there already: each put waits for the disk. */
static enum hr_status use_folder(void *context, struct hr_error *error)
{
    const struct temporary *folder = context;
    struct hr_store store;
    struct temporary_path path = temporary_path(folder, "made/here");
    enum hr_status status = hr_store_open_folder(&store, path.text, true, error);
    if (status == HR_OK)
        status = use_store(&store, 't', error);
    hr_store_close(&store);
    return status;
}

static enum hr_status use_files(void *context, struct hr_error *error)
{
    const struct temporary *folder = context;
    struct temporary_path path = temporary_path(folder, "file");
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, 100000);
    char bytes[50000] = "x";
    enum hr_status status = hr_file_write(path.text, hr_view_of(bytes, sizeof bytes), error);
    if (status == HR_OK)
        status = hr_file_read(&buffer, path.text, NULL, error);
    if (status == HR_OK)
        assert_int_equal(buffer.size, sizeof bytes);
    hr_buffer_clear(&buffer);
    return status;
}

static void memory_without_memory(void **state)
{
    (void)state;
    torture(use_memory, NULL);
}

static void folder_without_memory(void **state)
{
    (void)state;
    struct temporary folder;
    temporary_make(&folder);
    assert_int_equal(mkdir(temporary_path(&folder, "made").text, 0777), 0);
    assert_int_equal(mkdir(temporary_path(&folder, "made/here").text, 0777), 0);
    for (char name[] = "made/here/a"; name[10] < 't'; name[10]++)
        temporary_write(temporary_path(&folder, name).text, "bytes", 5);
    size_t descriptors = temporary_count("/proc/self/fd");
    torture(use_folder, &folder);
    assert_int_equal(temporary_count("/proc/self/fd"), descriptors);
    assert_int_equal(temporary_count(temporary_path(&folder, "made/here").text),
                     FILES); /* without the one that was removed, and with the folder of the tags */
    temporary_remove(&folder);
}

static void files_without_memory(void **state)
{
    (void)state;
    struct temporary folder;
    temporary_make(&folder);
    size_t descriptors = temporary_count("/proc/self/fd");
    torture(use_files, &folder);
    assert_int_equal(temporary_count("/proc/self/fd"), descriptors);
    assert_int_equal(temporary_count(folder.path), 1);
    temporary_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_without_memory),
        cmocka_unit_test(folder_without_memory),
        cmocka_unit_test(files_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
