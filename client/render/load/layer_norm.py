

def norm(x, name, layer=None):
    return F.layer_norm(x, x.shape[-1:], *affine(name, layer, "norm."), eps=@EPS@)


def mlp(x, layer, prefix=""):
    return F.linear(activation(F.linear(x, *affine(prefix + "expand", layer))), *affine(prefix + "contract", layer))
