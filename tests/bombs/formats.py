"""Writers for the few parts of each format that the bombs need: bits, boxes, chunks, a flat H.264 picture."""

import struct
import zlib


class Bits:
    """Bits, the most significant first; Exp-Golomb codes as H.264 and HEVC have them."""

    def __init__(self, text=""):
        self.text = [text]

    def u(self, width, value):
        self.text.append(format(value, f"0{width}b") if width else "")
        return self

    def ue(self, value):
        width = (value + 1).bit_length()
        return self.u(width - 1, 0).u(width, value + 1)

    def __str__(self):
        return "".join(self.text)

    def bytes(self, pad="0"):
        text = str(self)
        text += pad * (-len(text) % 8)
        return int(text or "0", 2).to_bytes(len(text) // 8, "big")

    def rbsp(self):
        return Bits(str(self) + "1").bytes()


class Reader:
    """The other way round."""

    def __init__(self, data):
        self.text, self.at = "".join(format(byte, "08b") for byte in data), 0

    def u(self, width):
        self.at += width
        return int(self.text[self.at - width : self.at] or "0", 2)

    def ue(self):
        zeros = self.text.index("1", self.at) - self.at
        self.at += zeros
        return self.u(zeros + 1) - 1

    def rest(self):
        return self.text[self.at :]


def escaped(payload):
    """A NAL unit's payload with its emulation prevention bytes."""
    out, zeros = bytearray(), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def unescaped(nal):
    return nal.replace(b"\0\0\3", b"\0\0")


# --- H.264: flat grey pictures, of any size, each but the first in some ten bytes ---


def h264_sps(columns, rows, references=16):
    """Baseline, level 6.2; the size in blocks of 16 px."""
    bits = Bits().u(8, 66).u(8, 0).u(8, 62).ue(0)
    bits.ue(4).ue(2).ue(references).u(1, 0)  # 8 bits of frame_num; showing order is decoding order
    bits.ue(columns - 1).ue(rows - 1).u(1, 1).u(1, 1).u(1, 0).u(1, 0)
    return b"\x67" + escaped(bits.rbsp())


def h264_pps():
    bits = Bits().ue(0).ue(0).u(1, 0).u(1, 0).ue(0).ue(0).ue(0).u(1, 0).u(2, 0).ue(0).ue(0).ue(0)
    return b"\x68" + escaped(bits.u(1, 0).u(1, 0).u(1, 0).rbsp())


def h264_key(columns, rows, number=0):
    """Every block 16x16 from the mean of its neighbours, without coefficients: one byte each."""
    bits = Bits().ue(0).ue(7).ue(0).u(8, 0).ue(number).u(1, 0).u(1, 0).ue(0)
    shift = len(str(bits)) % 8
    block = "00100111"  # mb_type 3, chroma 0, qp_delta 0, no DC coefficients
    turned = int((block + block)[8 - shift : 16 - shift], 2) if shift else int(block, 2)
    head = Bits(str(bits) + block[: (8 - shift) % 8]).bytes()
    tail = Bits(block[(8 - shift) % 8 :] + "1" if shift else "1").bytes()
    whole = columns * rows - (1 if shift else 0)
    return b"\x65" + escaped(head + bytes([turned]) * whole + tail)


def h264_skip(columns, rows, number):
    """Every block as in the picture before."""
    bits = Bits().ue(0).ue(5).ue(0).u(8, number % 256).u(1, 0).u(1, 0).u(1, 0).ue(0)
    return b"\x41" + escaped(bits.ue(columns * rows).rbsp())


def annex_b(*nals):
    return b"".join(b"\0\0\0\1" + nal for nal in nals)


def counted(*nals):
    return b"".join(struct.pack(">I", len(nal)) + nal for nal in nals)


# --- MP4 and HEIF ---


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind, *parts, version=0, flags=0):
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def words(*values):
    return struct.pack(f">{len(values)}I", *values)


MATRIX = words(1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
FTYP = box(b"ftyp", b"isom", words(512), b"isomiso2avc1mp41")


def avcc(sps, pps):
    return box(b"avcC", b"\1" + sps[1:4] + b"\xff\xe1" + struct.pack(">H", len(sps)) + sps + b"\1" +
               struct.pack(">H", len(pps)) + pps)


def sample_entry(width, height, config, kind=b"avc1"):
    return box(kind, bytes(6), b"\0\1", bytes(16), struct.pack(">HH", width, height), words(72 << 16, 72 << 16, 0),
               b"\0\1", bytes(32), b"\0\x18\xff\xff", config)


def stsd(width, height, config, kind=b"avc1"):
    return full(b"stsd", words(1), sample_entry(width, height, config, kind))


def trak(tables, width=64, height=64, number=1, frames=100, edits=b""):
    size = words(width << 16, height << 16)
    head = full(b"tkhd", words(0, 0, number, 0, frames * 40), bytes(16), MATRIX, size, flags=7)
    handler = full(b"hdlr", words(0), b"vide", bytes(12), b"v\0")
    data = box(b"dinf", full(b"dref", words(1), full(b"url ", flags=1)))
    media = box(b"mdia", full(b"mdhd", words(0, 0, 1000, frames * 40), b"\x55\xc4\0\0"), handler,
                box(b"minf", full(b"vmhd", bytes(8), flags=1), data, box(b"stbl", tables)))
    return box(b"trak", head, edits, media)


def moov(*traks, frames=100, more=b""):
    head = full(b"mvhd", words(0, 0, 1000, frames * 40, 1 << 16), b"\1\0", bytes(10), MATRIX, bytes(24), words(9))
    return box(b"moov", head, *traks, more)


# --- Matroska ---


def ebml_size(size, width=8):
    return (1 << 7 * width | size).to_bytes(width, "big")


def ebml(name, *parts, size=None):
    body = b"".join(parts)
    return bytes.fromhex(name) + ebml_size(len(body) if size is None else size) + body


def ebml_number(name, value):
    return ebml(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


# --- PNG and RIFF ---


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def zeros_zlib(size):
    """What inflates to `size` zero bytes, some thousandth of that: one block, said again and again."""
    piece = 1 << 24
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(bytes(piece)) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    last = packer.compress(bytes(size % piece)) + packer.flush()
    # Adler-32 of zeros: the first sum stays 1, the second counts the bytes.
    return b"\x78\xda" + first * (size // piece) + last + struct.pack(">I", size % 65521 << 16 | 1)


def riff_chunk(kind, *parts):
    body = b"".join(parts)
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def vp8l(width, height, red=200):
    """A lossless WebP picture of one colour: each of its five codes has one symbol, which takes no bits."""
    bits, at = 0, 0

    def put(width, value):
        nonlocal bits, at
        bits |= value << at
        at += width

    put(8, 0x2F)
    put(14, width - 1)
    put(14, height - 1)
    put(1 + 3 + 1 + 1 + 1, 0)  # no alpha, version 0; no transform, colour cache, or groups of codes
    for symbol in (100, red, 100, 255, 0):  # green, red, blue, alpha, distance
        put(3, 0b101 if symbol else 0b001)  # simple; one symbol; of 8 bits, or of 1
        put(8 if symbol else 1, symbol)
    return riff_chunk(b"VP8L", bits.to_bytes((at + 7) // 8, "little"))


def webp(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
