"""OpenVINO's intermediate representation (an .xml of layers beside a .bin of constants) as an ONNX model.

Only the operators of opset 1 to 11 that face networks use, at a fixed input size. Half-precision constants are widened,
which loses nothing. The layers stand in the file in an order in which they can run.
"""
import os
import xml.etree.ElementTree as ElementTree

import numpy as np
from onnx import TensorProto, helper, numpy_helper

TYPES = {"f16": "<f2", "f32": "<f4"}


class IrError(Exception):
    pass


class Layer:
    def __init__(self, element):
        self.id, self.kind, self.name = element.get("id"), element.get("type"), element.get("name")
        data = element.find("data")
        self.data = dict(data.attrib) if data is not None else {}
        self.inputs = [port.get("id") for port in element.findall("input/port")]
        shapes = [[int(dim.text) for dim in port.findall("dim")] for port in element.findall("output/port")]
        self.shape = shapes[0] if shapes else None

    def numbers(self, key):
        return [int(word) for word in self.data[key].split(",")] if self.data.get(key) else []


class Converter:
    def __init__(self, path):
        root = ElementTree.parse(path).getroot()
        with open(os.path.splitext(path)[0] + ".bin", "rb") as file:
            self.bytes = file.read()
        self.layers = [Layer(element) for element in root.find("layers")]
        self.sources = {(edge.get("to-layer"), edge.get("to-port")): edge.get("from-layer")
                        for edge in root.find("edges")}
        self.shapes = {layer.id: layer.shape for layer in self.layers}
        self.constants = {}  # id -> array
        self.nodes, self.initializers = [], []
        self.parameter = self.result = None

    def convert(self):
        for layer in self.layers:
            sources = [self.sources[layer.id, port] for port in layer.inputs]
            method = getattr(self, "on_" + layer.kind, None)
            if method is None:
                raise IrError(f"{layer.name}: the layer type {layer.kind} is not known")
            method(layer, sources)
        if self.parameter is None or self.result is None:
            raise IrError("no input or no output")
        batch = ["n"] + self.parameter.shape[1:]
        graph = helper.make_graph(
            self.nodes, "network", [helper.make_tensor_value_info(self.parameter.id, TensorProto.FLOAT, batch)],
            [helper.make_tensor_value_info(self.result, TensorProto.FLOAT, ["n"] + self.shapes[self.result][1:])],
            self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)

    # helpers

    def value(self, source):
        """The name by which a node reads it; a constant becomes an initialiser when it is first read."""
        if source in self.constants and all(tensor.name != source for tensor in self.initializers):
            self.initializers.append(numpy_helper.from_array(self.constants[source], source))
        return source

    def node(self, kind, layer, sources, **attributes):
        self.nodes.append(helper.make_node(kind, [self.value(s) for s in sources], [layer.id], name=layer.name,
                                           **attributes))

    def convolution(self, layer, sources, weights, group):
        if layer.data.get("auto_pad", "explicit") not in ("explicit", "valid"):
            raise IrError(f"{layer.name}: auto_pad {layer.data['auto_pad']}")
        self.constants[sources[1]] = weights
        self.node("Conv", layer, sources, kernel_shape=list(weights.shape[2:]), strides=layer.numbers("strides"),
                  pads=layer.numbers("pads_begin") + layer.numbers("pads_end"),
                  dilations=layer.numbers("dilations"), group=group)

    # layers

    def on_Parameter(self, layer, _):
        self.parameter = layer

    def on_Result(self, _, sources):
        self.result = sources[0]

    def on_Const(self, layer, _):
        kind = TYPES.get(layer.data["element_type"])
        if kind is None:
            raise IrError(f"{layer.name}: constants of type {layer.data['element_type']}")
        at, size = int(layer.data["offset"]), int(layer.data["size"])
        if at + size > len(self.bytes):
            raise IrError(f"{layer.name}: the .bin file ends too early")
        array = np.frombuffer(self.bytes, kind, size // np.dtype(kind).itemsize, at)
        self.constants[layer.id] = array.astype(np.float32).reshape(layer.numbers("shape"))

    def on_Convert(self, layer, sources):
        if sources[0] not in self.constants:
            raise IrError(f"{layer.name}: only constants are converted")
        self.constants[layer.id] = self.constants[sources[0]]

    def on_Convolution(self, layer, sources):
        self.convolution(layer, sources, self.constants[sources[1]], 1)

    def on_GroupConvolution(self, layer, sources):
        weights = self.constants[sources[1]]  # [groups][out][in][rows][columns]
        if weights.ndim == 5:
            weights = weights.reshape(-1, *weights.shape[2:])
        self.convolution(layer, sources, weights, self.shapes[sources[0]][1] // weights.shape[1])

    def on_Add(self, layer, sources):
        self.node("Add", layer, sources)

    def on_Multiply(self, layer, sources):
        self.node("Mul", layer, sources)

    def on_Sigmoid(self, layer, sources):
        self.node("Sigmoid", layer, sources)

    def on_PReLU(self, layer, sources):
        channels = self.shapes[sources[0]][1]
        slopes = np.broadcast_to(self.constants[sources[1]].reshape(-1), (channels,)).reshape(-1, 1, 1)
        self.constants[sources[1]] = np.ascontiguousarray(slopes)
        self.node("PRelu", layer, sources)

    def on_AvgPool(self, layer, sources):
        if any(layer.numbers("pads_begin") + layer.numbers("pads_end")):
            raise IrError(f"{layer.name}: pooling with padding")
        if layer.numbers("kernel") == self.shapes[sources[0]][2:]:
            self.node("GlobalAveragePool", layer, sources)
        else:
            self.node("AveragePool", layer, sources, kernel_shape=layer.numbers("kernel"),
                      strides=layer.numbers("strides"))


def to_onnx(path):
    return Converter(path).convert()
