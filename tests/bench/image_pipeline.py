#!/usr/bin/python3
"""Reading photographs for training: random_resized crop to 224, flip, batches of 64, from JPEGs of 500 x 375 that it makes
itself. `spin-train --measure-data` against image_pipeline_pil.py (Pillow, as torchvision does it; a process a core) with the
same number of cores, in turns.   tests/bench/image_pipeline.py [runs] [threads] [images]"""
import json, pathlib, random, subprocess, sys, tempfile
from PIL import Image, ImageFilter
from common import BIN, ROOT, machine, median

runs, threads, images = (int(value) for value in (sys.argv[1:] + ["5", "2", "1024"][len(sys.argv) - 1:]))
CLASSES = 4
SWEEP = f"""version: 1
name: images
dataset: {{name: imagefolder, root: ROOT, classes: {CLASSES}}}
network: {{family: convmixer, channels: 8, depth: 1, patch: 14, kernel: 3}}
training: {{epochs: 1, batch_size: 64, crop: random_resized, flip: 0.5}}
"""


def make_photo(rng):
    """Shapes, edges and grain: about the 100 kB that a photograph of ImageNet has."""
    image = Image.effect_noise((500, 375), 40).convert("RGB")
    for _ in range(60):
        colour = tuple(rng.randrange(256) for _ in range(3))
        width, height = rng.randrange(20, 200), rng.randrange(20, 150)
        patch = Image.effect_noise((width, height), 25).convert("RGB")
        image.paste(Image.blend(patch, Image.new("RGB", patch.size, colour), 0.7), (rng.randrange(-50, 480), rng.randrange(-50, 360)))
    return image.filter(ImageFilter.GaussianBlur(0.5))


def make_folder(root):
    rng = random.Random(1)
    photos = [make_photo(rng) for _ in range(64)]
    for split, count in (("train", images), ("val", CLASSES)):
        for i in range(count):
            path = root / split / f"class{i % CLASSES}" / f"{i}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            photos[i % len(photos)].save(path, quality=95)
    sizes = [path.stat().st_size for path in root.glob("train/*/*.jpg")]
    return sum(sizes) / len(sizes)


def ours(job):
    done = subprocess.run([BIN / "spin-train", job, "--measure-data", "--threads", str(threads)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)["images_per_second"]


def peer(root):
    out = subprocess.run(["/usr/bin/python3", ROOT / "tests/bench/image_pipeline_pil.py", root / "train", str(threads)],
                         capture_output=True, text=True, check=True).stdout
    return json.loads(out)["images_per_second"]


with tempfile.TemporaryDirectory(prefix="spin-bench.") as folder:
    root = pathlib.Path(folder)
    size = make_folder(root)
    plan = subprocess.run([BIN / "spinctl", "plan", "-", "--format", "json"], input=SWEEP.replace("ROOT", folder),
                          capture_output=True, text=True)
    if plan.returncode != 0:
        raise SystemExit(plan.stderr)
    job = root / "job.json"
    job.write_text(json.dumps(json.loads(plan.stdout)["jobs"][0]))
    print(f"{machine()}; {threads} threads, {images} JPEGs of 500 x 375 and {size / 1000:.0f} kB, median of {runs} runs in turns")
    pairs = [(ours(job), peer(root)) for _ in range(runs)]
    print(f"{'spin':>9} {'Pillow':>9} {'ratio':>6}   images/s")
    print(f"{median([a for a, _ in pairs]):9.0f} {median([b for _, b in pairs]):9.0f} {median([a / b for a, b in pairs]):6.2f}")
