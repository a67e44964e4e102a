"""A network as tools/compile_model.py knows it: operations in run order. docs/model-format.md says what each kind computes."""
import numpy as np

CONV, DEPTHWISE, DECONV, MAXPOOL, AVGPOOL, GLOBALAVG, ADD, SIGMOID, SCALE, BLOCK = range(1, 11)
RELU_BEFORE_ADD, RELU, PRELU, HALF_WEIGHTS = 1, 2, 4, 256
KERNEL_MAX = 8


def round_up(value, to):
    return (value + to - 1) // to * to


class CompileError(Exception):
    pass


class Op:
    """One step; its result is value number (index + 1), value 0 being the network's input."""

    def __init__(self, kind, source, cin, cout, kernel=1, stride=1, pad=0, weights=None, bias=None):
        if not 1 <= kernel <= KERNEL_MAX or not 1 <= stride <= 2 or not 0 <= pad < kernel:
            raise CompileError(f"kernel {kernel}, stride {stride}, padding {pad}: at most {KERNEL_MAX}, 2 and less than "
                               "the kernel")
        self.kind, self.source, self.cin, self.cout = kind, source, cin, cout
        self.kernel, self.stride, self.pad = kernel, stride, pad
        self.weights, self.bias, self.slopes = weights, bias, None
        self.add, self.gate, self.flags = None, None, 0
        self.middle, self.packed = 0, None  # of a BLOCK: its channels in between, what stands in the file
        self.one_pixel = kind == GLOBALAVG


class Graph:
    """Operations in run order, referring to each other as objects; None is the network's input."""

    def __init__(self, channels):
        self.channels = channels
        self.scale, self.offset = np.ones(channels), np.zeros(channels)  # that the input must have seen already
        self.ops = []
        self.outputs = []  # (op, first channel, channels, flags)

    def append(self, op):
        self.ops.append(op)
        return op

    def channels_of(self, op):
        return self.channels if op is None else op.cout

    def users(self, op):
        return [o for o in self.ops if o.source is op or o.add is op or o.gate is op]
