"""ISO CENC AES-CTR, sample by sample, on one cipher context."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from applemusic_server.domain.content_key import ContentKey
from applemusic_server.media.sample_vectors import Subsamples, Vectors, wrap_point

_BLOCK = 16


class SampleCipher:
    """Decrypts the samples of one track with one key.

    One context serves all samples: `reset_nonce` costs a fifth of a new cipher (docs: performance).
    """

    def __init__(self, key: ContentKey) -> None:
        self._context = Cipher(AES(key.secret), CTR(bytes(16))).decryptor()

    def decrypt(
        self, view: memoryview, sizes: Sequence[int], vectors: Vectors, first: int, stop: int
    ) -> list[bytes]:
        """Decrypt the samples `first <= i < stop`, which lie one after the other in `view`.

        Args:
            view: Encrypted bytes from the beginning of sample `first` to the end of the last one.
            sizes: Bytes of each sample of the fragment.
            vectors: How they are encrypted.
            first: Index of the first sample.
            stop: Index after the last one.
        """
        if vectors.wraps or vectors.subsamples:
            return self._one_by_one(view, sizes, vectors, first, stop)
        reset, update = self._context.reset_nonce, self._context.update
        frames, start = [], 0
        data, length = vectors.data, vectors.size
        padding = bytes(_BLOCK - length)
        at = first * length
        for size in sizes[first:stop]:
            reset(data[at : at + length] + padding)
            frames.append(update(view[start : start + size]))
            start += size
            at += length
        return frames

    def _one_by_one(
        self, view: memoryview, sizes: Sequence[int], vectors: Vectors, first: int, stop: int
    ) -> list[bytes]:
        frames, start = [], 0
        for index in range(first, stop):
            sample = view[start : start + sizes[index]]
            start += len(sample)
            subsamples = vectors.subsamples[index] if vectors.subsamples else ()
            frames.append(self._sample(sample, vectors.counter(index), subsamples))
        return frames

    def _sample(self, sample: memoryview, counter: bytes, subsamples: Subsamples) -> bytes:
        # The encrypted parts of a sample are one stream; the clear parts are left out of it.
        pairs = subsamples or ((0, len(sample)),)
        parts: list[memoryview] = []
        encrypted: list[memoryview] = []
        at = 0
        for clear, secret in pairs:
            parts.append(sample[at : at + clear])
            encrypted.append(sample[at + clear : at + clear + secret])
            at += clear + secret
        plain = self._stream(b"".join(encrypted), counter)
        whole: list[bytes | memoryview] = []
        at = 0
        for part, (_, secret) in zip(parts, pairs, strict=True):
            whole += [part, plain[at : at + secret]]
            at += secret
        return b"".join(whole)

    def _stream(self, data: bytes, counter: bytes) -> bytes:
        # CENC counts blocks in the low 64 bits only; the cipher would carry into the high ones.
        split = wrap_point(counter)
        self._context.reset_nonce(counter)
        head = self._context.update(data[:split])
        if len(data) <= split:
            return head
        self._context.reset_nonce(counter[:8] + bytes(8))
        return head + self._context.update(data[split:])
