"""What decryption costs: CPU milliseconds per minute of audio, for both containers.

The limit that Python can reach (one cipher call per fragment) is measured in the same run.
Run it alone with `python -m benchmarks.decrypt`.
"""

import json
import statistics
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from applemusic_server.domain.content_key import ContentKey
from applemusic_server.media.adts import AdtsWriter
from applemusic_server.media.decryptor import Decryptor
from tests.support.cenc import KEY, KEY_ID, Packaging, encode_song, package, top_boxes

SECONDS = 60.0
FEED_BYTES = 64 * 1024
RUNS = 7


def measure() -> dict[str, object]:
    """CPU milliseconds per minute of audio (median of 7), and the longest single feed."""
    file = package(encode_song(SECONDS, fragment_seconds=15.0), Packaging()).data
    key = ContentKey(KEY_ID, KEY)
    mp4, longest = _decrypt(lambda: Decryptor(key), file)
    adts, _ = _decrypt(lambda: Decryptor(key, AdtsWriter()), file)
    limit = _median(lambda: _whole_fragments(file))
    return {
        "bytes_per_minute": len(file),
        "clean_mp4_cpu_ms_per_minute": round(mp4, 2),
        "adts_cpu_ms_per_minute": round(adts, 2),
        "one_cipher_call_per_fragment_cpu_ms_per_minute": round(limit, 2),
        "longest_feed_of_64_kib_ms": round(longest, 3),
    }


def _decrypt(build: Callable[[], Decryptor], file: bytes) -> tuple[float, float]:
    longest = []

    def run() -> None:
        decryptor = build()
        slowest = 0.0
        for at in range(0, len(file), FEED_BYTES):
            begin = time.perf_counter()
            decryptor.feed(file[at : at + FEED_BYTES])
            slowest = max(slowest, time.perf_counter() - begin)
        decryptor.close()
        longest.append(slowest * 1000)

    return _median(run), statistics.median(longest)


def _whole_fragments(file: bytes) -> None:
    context = Cipher(AES(KEY), CTR(bytes(16))).decryptor()
    for kind, start, end in top_boxes(file):
        if kind == b"mdat":
            context.update(file[start + 8 : end])


def _median(run: Callable[[], None]) -> float:
    times = []
    for _ in range(RUNS):
        begin = time.process_time()
        run()
        times.append((time.process_time() - begin) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
