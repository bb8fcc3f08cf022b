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

from dragoman.typemodel.features import MAX_TOKENS
from dragoman.typemodel.network import Network


def write_artefact(
    network: Network, out: Path, *, tokenizer_file: Path, card: dict[str, Any]
) -> Path:
    """Write ``model.onnx``, ``tokenizer.json`` and ``model.json`` to ``out``; return ``out``.

    ``card`` is what ``model.json`` says of the network; the checksums are added.
    """
    out.mkdir(parents=True, exist_ok=True)
    plain = out / "checkpoints" / "plain.onnx"
    plain.parent.mkdir(parents=True, exist_ok=True)
    ids = torch.randint(5, 1000, (2, 9))
    shape = {0: "sentences", 1: "tokens"}
    torch.onnx.export(
        network.eval(),
        (ids, torch.zeros_like(ids), torch.ones_like(ids)),
        str(plain),
        dynamo=False,
        input_names=["ids", "roles", "mask"],
        output_names=["types", "acts", "statuses", "contexts"],
        dynamic_axes=dict.fromkeys(("ids", "roles", "mask"), shape),
        opset_version=17,
    )
    size = int(network.role.weight.shape[1])
    fused = optimizer.optimize_model(str(plain), "bert", num_heads=12, hidden_size=size)
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
    card["max_tokens"] = MAX_TOKENS
    card["sha256"] = {
        name: hashlib.sha256((out / name).read_bytes()).hexdigest()
        for name in ("model.onnx", "tokenizer.json")
    }
    (out / "model.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return out
