"""The network of model.safetensors, which card.md describes: `python3 load.py` runs it on a batch of noise."""
import json, pathlib, torch
from torch.nn import functional as F

data = bytearray(pathlib.Path(__file__).with_name("model.safetensors").read_bytes())
start = 8 + int.from_bytes(data[:8], "little")
header = json.loads(data[8:start])
config = json.loads(header.pop("__metadata__")["config"])
net, groups = config["network"], config["sharing"]["layers"]
tensors = {name: torch.frombuffer(data[start + it["data_offsets"][0]:start + it["data_offsets"][1]], dtype=torch.float32)
           .reshape(it["shape"]) for name, it in header.items()}
activation = torch.relu if net.get("activation") == "relu" else F.gelu
mean, deviation = torch.tensor([@MEAN@]), torch.tensor([@DEVIATION@])  # of each channel


def tensor(name, kind, layer=None):
    """NAME.KIND, or a layer's: its own or its group's, transformed where the layer has a transform."""
    if layer is None:
        return tensors[f"{name}.{kind}"]
    is_shared = f"{name}.{len(groups) - 1}.{kind}" not in tensors
    w = tensors[f"{name}.{groups[layer] if is_shared else layer}.{kind}"]
    a, b = (tensors.get(f"{name}.{layer}.transform.{part}") for part in ("weight", "bias"))
    if kind != "weight" or a is None:
        return w
    size = a.shape[1]  # channels that are mixed with each other
    mixed = a.view(-1, size, size) @ w.reshape(-1, size, w[0].numel())
    return (mixed.view(len(w), -1) + b[:, None]).view(w.shape)


def affine(name, layer=None, of=""):
    return tensor(name, of + "weight", layer), tensor(name, of + "bias", layer)
