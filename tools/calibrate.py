#!/usr/bin/env python3
"""Measure the ranges of CenterFace's blocks, which tools/compile_model.py needs for its eight bits.

    calibrate.py CENTERFACE.onnx PHOTO... >tools/centerface-ranges.json

The pictures are made of the photos of the demo, which come from packages: rows of people near and far before a
background, bright and dark, blurred and noisy, always the same ones. The file is part of the project, so that the model
is the same bytes wherever it is compiled. Needs numpy, onnx and Pillow.
"""
import json
import sys

import numpy as np
from PIL import Image, ImageFilter

import compile_model
import eight_bits
from network_graph import CONV, DEPTHWISE, RELU, RELU_BEFORE_ADD

WIDTH, HEIGHT, PICTURES = 960, 544, 16


def picture(photos, dice):
    """[3][HEIGHT][WIDTH], 0 to 255."""
    noise = dice.integers(0, 256, (9, 16, 3), dtype=np.uint8)
    canvas = Image.fromarray(noise).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    rows = int(dice.integers(1, 5))
    for row in range(rows):
        size = HEIGHT // rows
        for left in range(0, WIDTH - size // 2, size):
            photo = photos[int(dice.integers(len(photos)))]
            side = int(size * dice.uniform(0.6, 1.1))
            small = photo.resize((side, max(1, side * photo.height // photo.width)), Image.Resampling.BICUBIC)
            if dice.uniform() < 0.5:
                small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            canvas.paste(small, (left, row * size))
    if dice.uniform() < 0.3:
        canvas = canvas.filter(ImageFilter.GaussianBlur(float(dice.uniform(0.5, 2))))
    numbers = np.asarray(canvas, np.float64)
    numbers = numbers * dice.uniform(0.4, 1.3) + dice.uniform(-20, 40) + dice.normal(0, dice.uniform(0, 12), numbers.shape)
    return np.clip(np.rint(numbers), 0, 255).transpose(2, 0, 1)


def windows(x, kernel, stride, pad):
    """[channels][rows][columns][kernel][kernel]"""
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    views = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(1, 2))
    return views[:, ::stride, ::stride]


def compute(op, x):
    if op.kind == CONV and op.kernel == 1:
        return np.tensordot(op.weights[:, :, 0, 0].astype(np.float64), x, 1)
    if op.kind == CONV:
        return np.tensordot(op.weights.astype(np.float64), windows(x, op.kernel, op.stride, op.pad), ((1, 2, 3), (0, 3, 4)))
    if op.kind == DEPTHWISE:
        padded = np.pad(x, ((0, 0), (op.pad, op.pad), (op.pad, op.pad)))
        rows = (x.shape[1] + 2 * op.pad - op.kernel) // op.stride + 1
        columns = (x.shape[2] + 2 * op.pad - op.kernel) // op.stride + 1
        out = np.zeros((len(x), rows, columns))
        for ky in range(op.kernel):
            for kx in range(op.kernel):
                out += op.weights[:, 0, ky, kx, None, None].astype(np.float64) * padded[
                    :, ky:ky + (rows - 1) * op.stride + 1:op.stride, kx:kx + (columns - 1) * op.stride + 1:op.stride]
        return out
    raise compile_model.CompileError(f"an operation of kind {op.kind} before the last block")


def results(graph, x, last):
    """Yields each operation up to `last` with its result."""
    values = {id(None): x}
    for op in graph.ops:
        value = compute(op, values[id(op.source)]) + np.asarray(op.bias, np.float64)[:, None, None]
        if op.flags & RELU_BEFORE_ADD:
            value = np.maximum(value, 0)
        if op.add is not None:
            value = value + values[id(op.add)]
        values[id(op)] = np.maximum(value, 0) if op.flags & RELU else value
        yield op, values[id(op)]
        if op is last:
            return


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    graph = compile_model.read_onnx(sys.argv[1])
    photos = [Image.open(path).convert("RGB") for path in sorted(sys.argv[2:])]
    blocks = eight_bits.find_blocks(graph)
    largest = {}
    for index in range(PICTURES):
        dice = np.random.default_rng(index)
        for op, value in results(graph, picture(photos, dice), blocks[-1][1]):
            now = np.abs(value).reshape(len(value), -1).max(1)
            largest[id(op)] = np.maximum(largest.get(id(op), now), now)
        print(f"picture {index + 1} of {PICTURES}", file=sys.stderr)
    found = [{"input": eight_bits.step_of(largest[id(expand.source)].max()),
              "expand": [eight_bits.step_of(value) for value in largest[id(expand)]],
              "depthwise": eight_bits.step_of(largest[id(middle)].max())} for expand, middle, _ in blocks]
    lines = ",\n ".join(json.dumps(entry, separators=(",", ":")) for entry in found)
    print(f'{{"unit": "a number n stands for 2^(n/{eight_bits.STEPS_PER_OCTAVE})", "blocks": [\n {lines}]}}')
    return 0


if __name__ == "__main__":
    sys.exit(main())
