"""Inverted residual blocks in eight bits: src/infer/eight_bits.h says what is computed, this makes the numbers for it.

Weights are of seven bits, for each result by itself. Bytes between a block's stages have a range that tools/calibrate.py
has seen: of each channel where the depthwise convolution reads, which works on one channel at a time anyway; of all
channels together elsewhere."""
import json

import numpy as np

from network_graph import BLOCK, CONV, DEPTHWISE, RELU, CompileError, Op, round_up

WEIGHT_MAX = 63  # 255 * 63 * 2 fits 16 bits, in which AVX2 adds two products
ZERO = 128  # the byte of 0 in a block's input
BYTE_BLOCK, GROUP = 16, 4
SINGLE = 1  # this block stays in single precision: in bytes it shifts landmarks more than any other
HEADROOM = 2  # of a channel's range above what was seen: on 3,000 faces the recall of the smallest falls by 2 % without it
STEPS_PER_OCTAVE = 8  # ranges are rounded up, so that another machine's last digits change nothing


def find_blocks(graph):
    """[(expand, depthwise, project)] of all but one: 1x1 convolution, 3x3 depthwise, 1x1 convolution, read by nobody else."""
    blocks = []
    for expand, middle, project in zip(graph.ops, graph.ops[1:], graph.ops[2:]):
        if (expand.kind == CONV and expand.kernel == 1 and expand.flags == RELU and expand.add is None
                and expand.source is not None and middle.kind == DEPTHWISE and middle.source is expand
                and middle.kernel == 3 and middle.pad == 1 and middle.flags == RELU and project.kind == CONV
                and project.source is middle and project.kernel == 1 and project.flags == 0
                and len(graph.users(expand)) == 1 and len(graph.users(middle)) == 1
                and not any(o[0] in (expand, middle) for o in graph.outputs)):
            blocks.append((expand, middle, project))
    return blocks[:SINGLE] + blocks[SINGLE + 1:]


def step_of(largest):
    """A range as the file of ranges has it. What was never seen above 0 has the least."""
    return int(np.ceil(STEPS_PER_OCTAVE * np.log2(max(float(largest), 2.0 ** -10))))


def range_of(step):
    return 2.0 ** (np.asarray(step, np.float64) / STEPS_PER_OCTAVE)


def read_ranges(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)["blocks"]


def whole_weights(weights):
    """[results][...] -> whole numbers and each result's unit: of a few units the one of the least square error."""
    flat = weights.reshape(len(weights), -1).astype(np.float64)
    largest = np.maximum(np.abs(flat).max(1), 1e-30)
    best, error = None, np.full(len(flat), np.inf)
    for share in (1.0, 0.95, 0.9, 0.85, 0.8):
        unit = share * largest / WEIGHT_MAX
        whole = np.clip(np.rint(flat / unit[:, None]), -WEIGHT_MAX, WEIGHT_MAX)
        now = ((whole * unit[:, None] - flat) ** 2).sum(1)
        if best is None:
            best = [whole, unit]
        better = now < error
        best = [np.where(better[:, None], whole, best[0]), np.where(better, unit, best[1])]
        error = np.minimum(error, now)
    return best[0].reshape(weights.shape), best[1]


def pack_products(whole):
    """[out][in] -> [out / 16][in / 4][16][4]."""
    wide = np.zeros((round_up(whole.shape[0], BYTE_BLOCK), round_up(whole.shape[1], GROUP)), np.int8)
    wide[:whole.shape[0], :whole.shape[1]] = whole
    return wide.reshape(-1, BYTE_BLOCK, wide.shape[1] // GROUP, GROUP).transpose(0, 2, 1, 3).tobytes()


def pack_depthwise(whole):
    """[channels][3 rows][3 columns] -> [channels / 16][3 columns][16][3 rows and 0]."""
    wide = np.zeros((round_up(len(whole), BYTE_BLOCK), 4, 3), np.int8)
    wide[:len(whole), :3] = whole
    return wide.reshape(-1, BYTE_BLOCK, 4, 3).transpose(0, 3, 1, 2).tobytes()


def pack_stage(whole, scale, bias):
    """Each result's sum of weights, factor and bias."""
    padded = round_up(len(whole), BYTE_BLOCK)

    def fill(values, kind):
        wide = np.zeros(padded, kind)
        wide[:len(values)] = values
        return wide.tobytes()

    return fill(whole.reshape(len(whole), -1).sum(1), "<i4") + fill(scale, "<f4") + fill(bias, "<f4")


class Packed:
    """What stands in the file for a block."""

    def __init__(self, block, ranges):
        expand, middle, project = block
        if len(ranges["expand"]) != expand.cout:
            raise CompileError("the ranges are of another network: make them again with tools/calibrate.py")
        unit_in = range_of(ranges["input"]) / 127
        units_expanded = HEADROOM * range_of(ranges["expand"]) / 255
        unit_middle = range_of(ranges["depthwise"]) / 255
        whole_expand, unit_expand = whole_weights(expand.weights[:, :, 0, 0])
        whole_middle, unit_depthwise = whole_weights(middle.weights[:, 0])
        whole_project, unit_project = whole_weights(project.weights[:, :, 0, 0])
        self.weights = pack_products(whole_expand) + pack_depthwise(whole_middle) + pack_products(whole_project)
        scale_in = np.zeros(BYTE_BLOCK, "<f4")
        scale_in[0] = 1 / unit_in
        self.numbers = (scale_in.tobytes() +
                        pack_stage(whole_expand, unit_in * unit_expand / units_expanded, expand.bias / units_expanded) +
                        pack_stage(whole_middle, units_expanded * unit_depthwise / unit_middle,
                                   middle.bias / unit_middle) +
                        pack_stage(whole_project, unit_middle * unit_project, project.bias))


def quantise(graph, ranges):
    """Puts one operation in the place of each block."""
    blocks = find_blocks(graph)
    if len(blocks) != len(ranges):
        raise CompileError(f"{len(blocks)} blocks, and ranges of {len(ranges)}: make them again with tools/calibrate.py")
    for block, its_ranges in zip(blocks, ranges):
        expand, middle, project = block
        op = Op(BLOCK, expand.source, expand.cin, project.cout, 3, expand.stride * middle.stride, 1)
        op.add, op.middle, op.packed = project.add, expand.cout, Packed(block, its_ranges)
        graph.ops[graph.ops.index(expand)] = op
        graph.ops.remove(middle)
        graph.ops.remove(project)
        for other in graph.ops:
            other.source = op if other.source is project else other.source
            other.add = op if other.add is project else other.add
            other.gate = op if other.gate is project else other.gate
        graph.outputs = [(op if o[0] is project else o[0], *o[1:]) for o in graph.outputs]
