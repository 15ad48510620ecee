"""Figures of the wheel where it is installed: time of an import, offline validations per second; with the path of a wheel
also its size.

    python benches/figures.py [WHEEL]
"""

import json
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import aro

SECONDS = 2.0
IMPORTS = 20

VERSION = aro.versions()[-1]["name"]
EXAMPLE = next(
    Path(__file__).parents[2].glob(f"swagger/**/{VERSION}/examples/OpenShiftClusters_CreateOrUpdate_MaximumSet_Gen.json")
)
DOCUMENT = json.loads(EXAMPLE.read_text())["parameters"]["parameters"]


def import_time(module):
    """Milliseconds, the median of some fresh interpreters."""
    program = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    times = [float(subprocess.check_output([sys.executable, "-c", program])) for _ in range(IMPORTS)]
    return statistics.median(times) * 1000


def validations(threads):
    """Each second, in all threads together."""
    counts = [0] * threads
    end = time.perf_counter() + SECONDS

    def work(index):
        while time.perf_counter() < end:
            aro.validate(DOCUMENT, VERSION)
            counts[index] += 1

    workers = [threading.Thread(target=work, args=[index]) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / SECONDS


print(f"CPython {sys.version.split()[0]}, a document of {len(json.dumps(DOCUMENT))} bytes")
if len(sys.argv) > 1:
    print(f"wheel                    {Path(sys.argv[1]).stat().st_size / 1e6:8.2f} MB")
print(f"import aro               {import_time('aro'):8.1f} ms")
print(f"import json, to compare  {import_time('json'):8.1f} ms")
for threads in (1, 2):
    print(f"validate, {threads} thread(s)    {validations(threads):8.0f} /s")
