

def network(x):
    """Logits [N, classes] of normalised images [N, channels, size, size]."""
    x = F.conv2d(x, *affine("embed"), stride=net["patch"]).flatten(2).transpose(1, 2)
    x = torch.cat([tensors["class_token"].expand(len(x), 1, -1), x], 1) + tensors["positions"]
    for i in range(net["depth"]):
        qkv = F.linear(norm(x, "attention", i), *affine("qkv", i)).view(*x.shape[:2], 3, net["heads"], -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        y = (q @ k.transpose(2, 3) / q.shape[-1] ** 0.5).softmax(-1) @ v
        x = x + F.linear(y.transpose(1, 2).flatten(2), *affine("projection", i))
        x = x + mlp(norm(x, "mlp", i), i)
    return F.linear(norm(x[:, 0], "head"), *affine("head"))
