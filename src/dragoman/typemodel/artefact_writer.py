"""Write a trained network as the artefact that ``model`` loads: ONNX int8 and a card."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from onnx import TensorProto
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from torch import Tensor, nn

from dragoman.typemodel.features import LAYOUT, MAX_TOKENS, Features, packs
from dragoman.typemodel.network import Network


class _Packed(nn.Module):
    """The network as it is shipped: sentences laid end to end."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, *arrays: Tensor) -> Tensor:
        return self.network.packed(*arrays)


def write_artefact(
    network: Network, out: Path, *, tokenizer_file: Path, card: dict[str, Any]
) -> Path:
    """Write ``model.onnx``, ``tokenizer.json`` and ``model.json`` to ``out``; return ``out``.

    ``card`` is what ``model.json`` says of the network; the checksums are added.
    """
    out.mkdir(parents=True, exist_ok=True)
    plain = out / "checkpoints" / "plain.onnx"
    plain.parent.mkdir(parents=True, exist_ok=True)
    # Two questions about one sentence and one about another: no size is like another by chance.
    asked = (((0, 1, 2, 0), 4), ((0, 2, 1, 3), 4), ((0, 1, 0, 0, 0), 5))
    (example,) = packs([Features(tuple(range(n)), roles) for roles, n in asked], network.reach)
    torch.onnx.export(
        _Packed(network).eval(),
        tuple(torch.from_numpy(array) for array in example.values()),
        str(plain),
        dynamo=False,
        input_names=list(example),
        output_names=["logits"],
        dynamic_axes={
            **{name: {0: f"{name} rows"} for name in example},
            **{name: {0: f"{name} rows", 1: name} for name in example if name.endswith("grid")},
            "logits": {0: "questions"},
        },
        opset_version=17,
    )
    size = int(network.role.weight.shape[1])
    options = FusionOptions("bert")
    # The fused operator was seen to take seven times as long as the two that it joins.
    options.enable_skip_layer_norm = False
    fused = optimizer.optimize_model(
        str(plain), "bert", num_heads=12, hidden_size=size, optimization_options=options
    )
    fused.save_model_to_file(str(plain.with_name("fused.onnx")))
    quantize_dynamic(
        plain.with_name("fused.onnx"),
        out / "model.onnx",
        weight_type=QuantType.QInt8,
        per_channel=True,
        # The fused operators are onnxruntime's own, of which shape inference knows no types.
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )
    shutil.copyfile(tokenizer_file, out / "tokenizer.json")
    card["layout"] = LAYOUT
    card["max_tokens"] = MAX_TOKENS
    card["reach"] = network.reach
    card["sha256"] = {
        name: hashlib.sha256((out / name).read_bytes()).hexdigest()
        for name in ("model.onnx", "tokenizer.json")
    }
    (out / "model.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return out
