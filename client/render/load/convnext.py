

def network(x):
    """Logits [N, classes] of normalised images [N, channels, size, size]."""
    x = F.conv2d(x, *affine("embed"), stride=net["patch"])
    for i in range(net["depth"]):
        y = F.conv2d(x, *affine("depthwise", i), padding=net["kernel"] // 2, groups=net["channels"])
        y = mlp(norm(y.permute(0, 2, 3, 1), "depthwise", i), i)
        y = y * tensor("scale", "weight", i) if net["layer_scale"] else y
        x = x + y.permute(0, 3, 1, 2)
    return F.linear(norm(x.mean((2, 3)), "head"), *affine("head"))
