#include "video/sniff.h"

static bool has(struct hr_view head, size_t at, const char *bytes, size_t size)
{
    return at <= head.size && size <= head.size - at && memcmp(head.data + at, bytes, size) == 0;
}

#define HAS(at, literal) has(head, (at), (literal), sizeof(literal) - 1)

/* The major brand of an ISO base media file that holds pictures (ISO/IEC 23008-12, AV1 image file
 * format). */
static bool is_heif(struct hr_view head)
{
    static const char brands[][5] = {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis"};
    if (!HAS(4, "ftyp"))
        return false;
    for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
        if (has(head, 8, brands[i], 4))
            return true;
    return false;
}

enum hr_still hr_sniff_still(struct hr_view head)
{
    if (HAS(0, "\xFF\xD8\xFF"))
        return HR_STILL_JPEG;
    if (HAS(0, "\x89PNG\r\n\x1A\n"))
        return HR_STILL_PNG;
    if (HAS(0, "RIFF") && HAS(8, "WEBP"))
        return HR_STILL_WEBP;
    if (HAS(0, "BM") && head.size >= 26 && HAS(6, "\0\0\0\0"))
        return HR_STILL_BMP;
    if (HAS(0, "GIF87a") || HAS(0, "GIF89a"))
        return HR_STILL_GIF;
    if (HAS(0, "II*\0") || HAS(0, "MM\0*"))
        return HR_STILL_TIFF;
    if (HAS(0, "\0\0\0\x0CjP  \r\n\x87\n") || HAS(0, "\xFF\x4F\xFF\x51"))
        return HR_STILL_JPEG2000;
    return is_heif(head) ? HR_STILL_HEIF : HR_STILL_NONE;
}

bool hr_sniff_is_mp4(struct hr_view head)
{
    return HAS(4, "ftyp") || HAS(4, "moov") || HAS(4, "mdat") || HAS(4, "wide") || HAS(4, "free") || HAS(4, "skip");
}

static bool is_one_byte_repeated(struct hr_view head)
{
    for (size_t i = 1; i < head.size; i++)
        if (head.data[i] != head.data[0])
            return false;
    return head.size > 0;
}

/* UTF-8 without control characters; a character cut by the end of the head is forgiven. */
static bool is_text(struct hr_view head, bool whole)
{
    for (size_t i = 0; i < head.size; i++) {
        uint8_t c = head.data[i];
        if (c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1B)
            return false;
    }
    for (size_t cut = 0; cut < 4 && cut < head.size; cut++) {
        if (hr_view_is_utf8(hr_view_of(head.data, head.size - cut)))
            return true;
        if (whole)
            break;
    }
    return false;
}

const char *hr_sniff_foreign(struct hr_view head, bool whole)
{
    if (head.size == 0)
        return "an empty file";
    if (is_one_byte_repeated(head))
        return head.data[0] == 0 ? "nothing but zero bytes" : "one byte over and over";
    if (HAS(0, "\0\0\0\x0CJXL \r\n\x87\n") || HAS(0, "\xFF\x0A"))
        return "a JPEG XL picture: save it as JPEG or PNG";
    if (HAS(0, "%PDF-"))
        return "a PDF document";
    if (HAS(0, "PK\x03\x04"))
        return "a ZIP archive or an Office document";
    if (HAS(0, "\x1F\x8B"))
        return "a gzip archive";
    if (HAS(0, "7z\xBC\xAF\x27\x1C") || HAS(0, "Rar!"))
        return "a compressed archive";
    if (HAS(0, "\x7F"
               "ELF") ||
        HAS(0, "MZ"))
        return "a program";
    if (HAS(0, "SQLite format 3"))
        return "a database";
    if (HAS(0, "#EXTM3U") || HAS(0, "ffconcat"))
        return "a playlist, which names videos and holds none";
    if (HAS(0, "<!DOCTYPE html") || HAS(0, "<html"))
        return "a web page";
    return is_text(head, whole) ? "a text file" : NULL;
}
