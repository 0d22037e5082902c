"""Reads a NIR graph with the format's own library and runs it by the format's equations, in float64.

run_graph.py GRAPH INPUT OUTPUT DT: INPUT is float32 [T, N, ...frame, channels first]; OUTPUT gets the spikes of every
neuron node, one after another as uint8 [T, N, ...], and a line of JSON with their names and the outputs is printed.
"""

import json
import sys

import nir
import numpy as np


def convolved(x, node):
    (kh, kw), (sy, sx), (py, px), (dy, dx) = node.weight.shape[2:], node.stride, node.padding, node.dilation
    x = np.pad(x, ((0, 0), (0, 0), (py, py), (px, px)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (dy * (kh - 1) + 1, dx * (kw - 1) + 1), axis=(2, 3))
    windows = windows[:, :, ::sy, ::sx, ::dy, ::dx]
    y = np.tensordot(windows, node.weight.astype(np.float64), axes=([1, 4, 5], [1, 2, 3]))
    return y.transpose(0, 3, 1, 2) + node.bias.astype(np.float64)[:, None, None]


def pooled(x, node):
    (kh, kw), (sy, sx) = node.kernel_size, node.stride
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(2, 3))
    return windows[:, :, ::sy, ::sx].mean(axis=(4, 5))


class Run:
    def __init__(self, graph, dt):
        self.graph, self.dt, self.potentials = graph, dt, {}

    def step(self, name, x):
        node, dt = self.graph.nodes[name], self.dt
        if isinstance(node, nir.Conv2d):
            assert node.groups == 1 and isinstance(node.groups, np.int64), node.groups
            return convolved(x, node)
        if isinstance(node, nir.Linear):
            return x @ node.weight.T
        if isinstance(node, nir.Affine):
            return x @ node.weight.T + node.bias
        if isinstance(node, nir.AvgPool2d):
            return pooled(x, node)
        if isinstance(node, nir.Flatten):
            return x.reshape(len(x), -1)
        if isinstance(node, (nir.LIF, nir.LI)):
            assert np.all(node.r == 1), node.r
            v = self.potentials.get(name, np.broadcast_to(node.v_leak, x.shape))
            v = v + dt / node.tau * (node.v_leak - v + node.r * x)
        elif isinstance(node, nir.IF):
            v = self.potentials.get(name, np.zeros(x.shape)) + dt * node.r * x
        else:
            return x
        if isinstance(node, nir.LI):
            self.potentials[name] = v
            return v
        spikes = v.astype(np.float32) > node.v_threshold
        self.potentials[name] = np.where(spikes, node.v_reset, v)
        return spikes.astype(np.float64)

    def frame(self, x):
        values = {"input": x}
        waiting = [name for name in self.graph.nodes if name != "input"]
        while waiting:
            for name in waiting:
                sources = [a for a, b in self.graph.edges if b == name]
                if all(source in values for source in sources):
                    values[name] = self.step(name, sum(values[source] for source in sources))
                    waiting.remove(name)
                    break
        return values


graph_file, input_file, output_file, dt = sys.argv[1:]
graph = nir.read(graph_file)
shape = [int(size) for size in graph.nodes["input"].input_type["input"]]
run = Run(graph, float(dt))
inputs = np.fromfile(input_file, dtype=np.float32).reshape(-1, 2, *shape).astype(np.float64)
seen = [run.frame(x) for x in inputs]
neurons = [name for name, node in graph.nodes.items() if isinstance(node, (nir.LIF, nir.IF))]
with open(output_file, "wb") as out:
    for name in neurons:
        out.write(np.stack([values[name] for values in seen]).astype(np.uint8).tobytes())
output = np.stack([values["output"] for values in seen])
print(json.dumps({"neurons": neurons, "output": output.ravel().tolist()}))
