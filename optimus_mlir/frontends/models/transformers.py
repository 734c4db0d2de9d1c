"""Transformers as the package `transformers` defines them, from configurations: nothing is loaded."""

from typing import Any


def vit() -> Any:
    """1x3x224x224 -> 1x1000: ViT-Tiny/16 (Touvron et al., "DeiT", ICML 2021), 5.7 M weights."""
    from transformers import ViTConfig, ViTForImageClassification

    sizes = {"hidden_size": 192, "num_hidden_layers": 12, "intermediate_size": 768}
    config = ViTConfig(**sizes, num_attention_heads=3, **_options(num_labels=1000))
    return _first_result(ViTForImageClassification(config))


def bert() -> Any:
    """1x128 tokens -> 1x128x256: BERT-Mini (Turc et al. 2019), 4 layers, 11 M weights."""
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 256, "num_hidden_layers": 4, "intermediate_size": 1024}
    config = BertConfig(**sizes, num_attention_heads=4, **_options())
    return _first_result(BertModel(config, add_pooling_layer=False))


def _options(**options: Any) -> dict[str, Any]:
    """Attention as matrix products and a softmax, which every compiler can see."""
    return {"attn_implementation": "eager", **options}


def _first_result(network: Any) -> Any:
    from torch import nn

    class FirstResult(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, x: Any) -> Any:
            return self.network(x, return_dict=False)[0]

    return FirstResult()
