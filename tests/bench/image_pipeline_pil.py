"""Training batches as torchvision makes them with Pillow: RandomResizedCrop(224), RandomHorizontalFlip, to a normalised float
array, in one process a core.   image_pipeline_pil.py FOLDER PROCESSES   prints one JSON line: images_per_second."""
import json, math, multiprocessing, pathlib, random, sys, time
import numpy as np
from PIL import Image

MEAN, DEVIATION = (np.array(values, np.float32) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
BATCH = 64


def random_box(width, height, rng):
    for _ in range(10):
        area = width * height * rng.uniform(0.08, 1)
        ratio = math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            left, top = rng.randint(0, width - w), rng.randint(0, height - h)
            return left, top, left + w, top + h
    side = min(width, height)
    return (width - side) // 2, (height - side) // 2, (width + side) // 2, (height + side) // 2


def load(path, rng):
    with Image.open(path) as file:
        image = file.convert("RGB")
    image = image.crop(random_box(*image.size, rng)).resize((224, 224), Image.BILINEAR)
    if rng.random() < 0.5:
        image = image.transpose(Image.FLIP_LEFT_RIGHT)
    return np.asarray(image)


def batch(paths):
    rng = random.Random(paths[0])
    pixels = np.stack([load(path, rng) for path in paths]).astype(np.float32)
    pixels *= 1 / (255 * DEVIATION)
    pixels -= MEAN / DEVIATION
    return len(pixels)  # the array stays here: handing it over would cost the peer time that is not Pillow's


if __name__ == "__main__":
    paths = sorted(str(path) for path in pathlib.Path(sys.argv[1]).glob("*/*.jpg"))
    random.Random(0).shuffle(paths)
    batches = [paths[i:i + BATCH] for i in range(0, len(paths) - BATCH + 1, BATCH)]
    with multiprocessing.Pool(int(sys.argv[2])) as pool:
        pool.map(abs, range(64))  # all processes are there
        start = time.time()
        images = sum(pool.imap(batch, batches))
        print(json.dumps({"images_per_second": images / (time.time() - start)}))
