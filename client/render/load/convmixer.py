

def norm(x, name, layer=None):
    mean, variance = tensor(name, "norm.mean", layer), tensor(name, "norm.variance", layer)
    return F.batch_norm(x, mean, variance, *affine(name, layer, "norm."), eps=@EPS@)


def network(x):
    """Logits [N, classes] of normalised images [N, channels, size, size]."""
    x = norm(activation(F.conv2d(x, *affine("embed"), stride=net["patch"])), "embed")
    for i in range(net["depth"]):
        y = F.conv2d(x, *affine("depthwise", i), padding=net["kernel"] // 2, groups=net["channels"])
        x = x + norm(activation(y), "depthwise", i)
        y = norm(activation(F.conv2d(x, *affine("pointwise", i))), "pointwise", i)
        x = x + y if net["pointwise_residual"] else y
    return F.linear(x.mean((2, 3)), *affine("head"))
