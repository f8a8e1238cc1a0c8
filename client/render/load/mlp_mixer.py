

def network(x):
    """Logits [N, classes] of normalised images [N, channels, size, size]."""
    x = F.conv2d(x, *affine("embed"), stride=net["patch"]).flatten(2).transpose(1, 2)
    for i in range(net["depth"]):
        x = x + mlp(norm(x, "token", i).transpose(1, 2), i, "token_").transpose(1, 2)
        x = x + mlp(norm(x, "mlp", i), i)
    return F.linear(norm(x, "head").mean(1), *affine("head"))
