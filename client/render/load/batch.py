

def normalise(images):
    """Of bytes [N, channels, size, size], what the network takes."""
    return (images / 255 - mean[:, None, None]) / deviation[:, None, None]


if __name__ == "__main__":
    images = torch.randint(0, 256, (4, len(mean), net["resolution"], net["resolution"]))
    print(network(normalise(images)).softmax(1))
