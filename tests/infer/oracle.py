#!/usr/bin/env python3
"""What ONNX Runtime computes, for test_oracle.c: oracle.py FOLDER.

Writes into FOLDER the networks that are compared, a list `cases` (MODEL WIDTH HEIGHT BATCH INPUT OUTPUT...) and
raw float32 files. dlib's ResNet is read and built here a second time, unfolded and without the compiler's code.
"""
import os
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.join(HERE, "..", "..", "tools")
COMPILER = os.path.join(TOOLS, "compile_model.py")
REID = "face-reidentification-retail-0095.xml"


def sources():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME", "/"), ".cache")
    cache = os.environ.get("HOMEROOM_CACHE") or os.path.join(base, "homeroom")
    return os.path.join(cache, "parts", "models")


class Builder:
    """An ONNX graph, node by node; values are names."""

    def __init__(self, seed=0):
        self.nodes, self.constants, self.random = [], [], np.random.default_rng(seed)

    def constant(self, array, kind=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array, kind), name))
        return name

    def weights(self, *shape):
        scale = 1.7 / np.sqrt(np.prod(shape[1:]))
        return self.constant(self.random.uniform(-scale, scale, shape))

    def node(self, kind, *inputs, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def model(self, channels, outputs):
        def tensor(name, c):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", c, f"h{name}", f"w{name}"])
        graph = helper.make_graph(self.nodes, "g", [tensor("in", channels)],
                                  [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs],
                                  self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


# --- dlib's ResNet from its file, layer by layer as dlib runs it ---

def dlib_tensors(path):
    """Parameter tensors in the order of the file's tags: (tag, numbers)."""
    with open(path, "rb") as file:
        data = file.read()

    def integer(at):
        head = data[at]
        count = head & 0x0F
        value = int.from_bytes(data[at + 1:at + 1 + count], "little")
        return (-value if head & 0x80 else value), at + 1 + count

    tags = []
    for tag in (b"con_4", b"affine_", b"fc_2"):
        at = data.find(tag)
        while at >= 0:
            tags.append((at, tag))
            at = data.find(tag, at + 1)
    result = []
    for at, tag in sorted(tags):
        at += len(tag)
        if tag == b"fc_2":
            for _ in range(2):
                _, at = integer(at)
        version, at = integer(at)
        assert version == 2, version
        count = 1
        for _ in range(4):
            side, at = integer(at)
            count *= side
        result.append((tag, np.frombuffer(data, "<f4", count, at)))
    return result


def dlib_onnx(path):
    tensors = iter(dlib_tensors(path)[::1])
    layers = list(tensors)
    fc, layers = layers[-1], layers[:-1]
    pairs = iter([(layers[i][1], layers[i + 1][1]) for i in range(0, len(layers), 2)])
    b = Builder()

    def con_affine(x, cin, cout, k, stride, pad):
        con, affine = next(pairs)
        x = b.node("Conv", x, b.constant(con[:-cout].reshape(cout, cin, k, k)), b.constant(con[-cout:]),
                   strides=[stride] * 2, pads=[pad] * 4, kernel_shape=[k, k])
        x = b.node("Mul", x, b.constant(affine[:cout].reshape(1, -1, 1, 1)))
        return b.node("Add", x, b.constant(affine[cout:].reshape(1, -1, 1, 1)))

    x = b.node("Sub", "in", b.constant(np.reshape([122.782, 117.001, 104.298], (1, 3, 1, 1))))
    x = b.node("Div", x, b.constant(np.float32(256)))
    x = b.node("Relu", con_affine(x, 3, 32, 7, 2, 0))
    x = b.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    # side: of the picture 150x150 at each place; dlib fills the smaller tensor of a sum with zeros.
    side, channels = 35, 32
    for cout, plain, down in ((32, 3, 0), (64, 3, 1), (128, 2, 1), (256, 2, 1), (256, 0, 1)):
        if down:
            short = b.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            y = b.node("Relu", con_affine(x, channels, cout, 3, 2, 0))
            y = con_affine(y, cout, cout, 3, 1, 1)
            left, right = (side - 3) // 2 + 1, side // 2
            whole = max(left, right)
            y = b.node("Pad", y, b.constant([0, 0, 0, 0, 0, 0, whole - left, whole - left], np.int64))
            short = b.node("Pad", short, b.constant([0, 0, 0, 0, 0, cout - channels, whole - right, whole - right],
                                                    np.int64))
            x = b.node("Relu", b.node("Add", y, short))
            side, channels = whole, cout
        for _ in range(plain):
            y = b.node("Relu", con_affine(x, cout, cout, 3, 1, 1))
            x = b.node("Relu", b.node("Add", con_affine(y, cout, cout, 3, 1, 1), x))
    x = b.node("Flatten", b.node("GlobalAveragePool", x))
    x = b.node("MatMul", x, b.constant(fc[1].reshape(256, 128)))
    return b.model(3, [x])


# --- the network whose input is scaled by whoever loads it ---

def reid_onnx(path):
    """The network, and the function by which its first two nodes change the pixels."""
    sys.path.insert(0, TOOLS)
    from openvino_ir import to_onnx
    model = to_onnx(path)
    constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    scale, offset = (constants[node.input[1]] for node in model.graph.node[:2])
    assert [node.op_type for node in model.graph.node[:2]] == ["Mul", "Add"]
    return model, lambda pixels: pixels * scale + offset


# --- CenterFace with free sizes ---

def centerface_onnx(path):
    model = onnx.load(path)
    constants = {t.name for t in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in constants]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    for value in list(model.graph.input) + list(model.graph.output):
        for axis in (0, 2, 3):
            value.type.tensor_type.shape.dim[axis].dim_param = f"{value.name}_{axis}"
    return model


# --- networks of every operator the compiler knows ---

def zoo_onnx():
    b = Builder(1)

    def conv(x, cin, cout, k, stride=1, pad=0, bias=True, **more):
        inputs = [x, b.weights(cout, cin // more.get("group", 1), k, k)]
        if bias:
            inputs.append(b.constant(b.random.uniform(-.5, .5, cout)))
        return b.node("Conv", *inputs, kernel_shape=[k, k], strides=[stride] * 2, pads=[pad] * 4, **more)

    def norm(x, c):
        u = b.random.uniform
        return b.node("BatchNormalization", x, b.constant(u(.5, 1.5, c)), b.constant(u(-.5, .5, c)),
                      b.constant(u(-.5, .5, c)), b.constant(u(.5, 1.5, c)), epsilon=1e-3)

    x = b.node("Relu", norm(conv("in", 3, 20, 5, 2, 2, bias=False), 20))
    # Squeeze and excitation, with biases as additions of constants.
    few = b.node("Add", conv(b.node("GlobalAveragePool", x), 20, 6, 1, bias=False), b.weights(1, 6, 1, 1))
    few = b.node("PRelu", few, b.constant(b.random.uniform(-2, 2, (6, 1, 1))))
    bent = conv(x, 20, 20, 3, 1, 1, group=20)
    bent = b.node("PRelu", bent, b.constant(b.random.uniform(-2, 2, (20, 1, 1))))
    x = b.node("Add", x, b.node("Mul", bent, b.node("Sigmoid", conv(few, 6, 20, 1))))
    x = b.node("PRelu", conv(x, 20, 37, 3, 1, 1), b.constant(b.random.uniform(-.5, .5, (37, 1, 1))))
    y = b.node("Relu", norm(conv(x, 37, 37, 3, 1, 1, group=37), 37))
    y = norm(conv(y, 37, 37, 1), 37)
    x = b.node("Add", y, x)
    narrow = b.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    mean = b.node("AveragePool", narrow, kernel_shape=[2, 2], strides=[2, 2])
    up = b.node("Relu", norm(b.node("ConvTranspose", mean, b.weights(37, 18, 2, 2), kernel_shape=[2, 2],
                                    strides=[2, 2]), 18))
    side = conv(mean, 37, 18, 1)
    again = b.node("Add", b.node("Relu", conv(mean, 37, 18, 1)), side)
    # A PReLU comes before the addition here, so that the addition stands alone; one value is read twice.
    bent = b.node("PRelu", conv(again, 18, 18, 3, 1, 1), b.constant(b.random.uniform(-.5, .5, (18, 1, 1))))
    again = b.node("Relu", b.node("Add", again, bent))
    again = b.node("Add", b.node("Relu", conv(again, 18, 18, 1)), again)
    inner = b.node("Sigmoid", again)
    inner = conv(inner, 18, 9, 1)
    heat = b.node("Sigmoid", conv(up, 18, 1, 1))
    boxes = conv(up, 18, 2, 1)
    points = conv(up, 18, 10, 1)
    flat = b.node("Flatten", b.node("GlobalAveragePool", x))
    vector = b.node("Gemm", flat, b.weights(24, 37), b.constant(b.random.uniform(-.5, .5, 24)), transB=1)
    vector = b.node("MatMul", vector, b.weights(24, 24))
    return b.model(3, [heat, boxes, points, inner, vector])


def refused_onnx():
    """Networks that the compiler must not accept, with a word of the reason."""
    def network(what):
        b = Builder(2)
        x = b.node("Conv", "in", b.weights(8, 3, 3, 3), kernel_shape=[3, 3], pads=[1] * 4)
        outputs = [b.node(kind, *[x if i is None else i for i in inputs(b)], **more) for kind, inputs, more in what]
        return b.model(3, outputs)

    def one(_):
        return [None]
    return (
        ("not known", network([("Softplus", one, {})])),
        ("only one that reads", network([("Relu", one, {}), ("Sigmoid", one, {})])),
        ("more than one pixel", network([("Flatten", one, {})])),
        ("padding", network([("MaxPool", one, {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4})])),
        ("at most 8", network([("MaxPool", one, {"kernel_shape": [3, 3], "strides": [3, 3]})])),
        ("groups", network([("Conv", lambda b: [None, b.weights(8, 4, 1, 1)], {"group": 2})])),
        ("dilation", network([("Conv", lambda b: [None, b.weights(8, 8, 3, 3)], {"dilations": [2, 2]})])),
        ("a constant of shape", network([("Add", lambda b: [None, b.weights(1, 8, 1, 3)], {})])),
        ("not the input's scale", network([("Mul", lambda b: [None, b.weights(1, 8, 1, 1)], {})])),
        ("one factor for each channel", network([("Mul", lambda b: [None, b.node("Conv", "in", b.weights(8, 3, 1, 1))], {})])),
        ("unequal", network([("Conv", lambda b: [None, b.weights(8, 8, 3, 1)], {})])),
    )


def check_refusals(folder):
    for number, (reason, model) in enumerate(refused_onnx()):
        source = os.path.join(folder, f"refused-{number}.onnx")
        target = os.path.join(folder, f"refused-{number}.hrm")
        onnx.save(model, source)
        result = subprocess.run([sys.executable, COMPILER, "onnx", source, target], capture_output=True, text=True,
                                check=False)
        if result.returncode != 1 or reason not in result.stderr or os.path.exists(target):
            sys.exit(f"oracle.py: '{reason}' was not the compiler's answer: {result.returncode} {result.stderr}")


# --- cases ---

class Folder:
    def __init__(self, path):
        self.path, self.lines, self.files = path, [], 0

    def write(self, array):
        name = f"{self.files:03d}.f32"
        self.files += 1
        np.ascontiguousarray(array, "<f4").tofile(os.path.join(self.path, name))
        return name

    def case(self, label, compiled, model, size, batch, seed, scaled=None):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                               providers=["CPUExecutionProvider"])
        width, height = size
        pixels = np.random.default_rng(seed).uniform(0, 255, (batch, 3, height, width)).astype(np.float32)
        if label == "zoo":
            pixels /= 255
        outputs = session.run(None, {session.get_inputs()[0].name: pixels})
        names = " ".join(self.write(o) for o in outputs)
        if scaled is not None:
            pixels = scaled(pixels)
        self.lines.append(f"{label} {compiled} {width} {height} {batch} {self.write(pixels)} {names}")

    def compiled(self, kind, source, name, *options):
        target = os.path.join(self.path, name)
        subprocess.run([sys.executable, COMPILER, kind, source, target, *options], check=True,
                       stdout=subprocess.DEVNULL)
        return target


def main():
    folder = Folder(sys.argv[1])
    resnet = os.path.join(sources(), "dlib_face_recognition_resnet_model_v1.dat")
    centerface = os.path.join(sources(), "centerface.onnx")
    compiled = folder.compiled("dlib", resnet, "resnet.hrm")
    model = dlib_onnx(resnet)
    for batch in (1, 3):
        folder.case("dlib-resnet", compiled, model, (150, 150), batch, batch)
    compiled = folder.compiled("centerface", centerface, "centerface.hrm")
    model = centerface_onnx(centerface)
    for seed, size in enumerate(((32, 32), (64, 96), (320, 160), (416, 224), (640, 480))):
        folder.case("centerface", compiled, model, size, 1 + seed % 2, seed)
    zoo = os.path.join(folder.path, "zoo.onnx")
    model = zoo_onnx()
    onnx.save(model, zoo)
    compiled = folder.compiled("onnx", zoo, "zoo.hrm", "--id", "zoo-1", "--licence", "CC0-1.0")
    for seed, size in enumerate(((32, 32), (48, 64), (160, 96))):
        folder.case("zoo", compiled, model, size, 2, seed)
    reid = os.path.join(sources(), REID)
    if os.path.exists(reid):
        compiled = folder.compiled("reid-0095", reid, "reid.hrm")
        model, scaled = reid_onnx(reid)
        for batch in (1, 3):
            folder.case("reid-0095", compiled, model, (128, 128), batch, batch, scaled)
    check_refusals(folder.path)
    with open(os.path.join(folder.path, "cases"), "w", encoding="utf-8") as file:
        file.write("\n".join(folder.lines) + "\n")


if __name__ == "__main__":
    main()
