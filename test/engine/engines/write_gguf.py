"""Writes a small Llama of random weights as GGUF: a real model for a real engine, whose words mean nothing. write_gguf.py FILE NAME SEED"""

import sys

import numpy
from gguf import GGUFWriter, TokenType

FILE, NAME, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3])
LAYERS, WIDTH, HEADS, FEED_FORWARD, CONTEXT = 2, 64, 4, 128, 512

# The smallest SentencePiece vocabulary: the three special tokens, every byte, and printable characters so that answers can be read.
characters = [chr(code) for code in range(33, 127)]
tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + ["\u2581"] + characters
types = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL] + [TokenType.BYTE] * 256 + [TokenType.NORMAL] * (len(characters) + 1)

writer = GGUFWriter(FILE, "llama")
writer.add_name(NAME)
writer.add_context_length(CONTEXT)
writer.add_embedding_length(WIDTH)
writer.add_block_count(LAYERS)
writer.add_feed_forward_length(FEED_FORWARD)
writer.add_head_count(HEADS)
writer.add_head_count_kv(HEADS)
writer.add_rope_dimension_count(WIDTH // HEADS)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_vocab_size(len(tokens))
writer.add_tokenizer_model("llama")
writer.add_token_list(tokens)
writer.add_token_scores([-float(place) for place in range(len(tokens))])
writer.add_token_types([int(kind) for kind in types])
writer.add_bos_token_id(1)
writer.add_eos_token_id(2)
writer.add_unk_token_id(0)
# The end marks are never the likeliest token of a chat that nobody trained it for.
writer.add_chat_template("{% for message in messages %}{{ message['content'] }}\n{% endfor %}")

random = numpy.random.default_rng(SEED)


def tensor(name: str, *shape: int) -> None:
    writer.add_tensor(name, (random.standard_normal(shape) * 0.1).astype(numpy.float32))


tensor("token_embd.weight", len(tokens), WIDTH)
for layer in range(LAYERS):
    writer.add_tensor(f"blk.{layer}.attn_norm.weight", numpy.ones(WIDTH, dtype=numpy.float32))
    writer.add_tensor(f"blk.{layer}.ffn_norm.weight", numpy.ones(WIDTH, dtype=numpy.float32))
    for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
        tensor(f"blk.{layer}.{part}.weight", WIDTH, WIDTH)
    tensor(f"blk.{layer}.ffn_gate.weight", FEED_FORWARD, WIDTH)
    tensor(f"blk.{layer}.ffn_up.weight", FEED_FORWARD, WIDTH)
    tensor(f"blk.{layer}.ffn_down.weight", WIDTH, FEED_FORWARD)
writer.add_tensor("output_norm.weight", numpy.ones(WIDTH, dtype=numpy.float32))
tensor("output.weight", len(tokens), WIDTH)

writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
