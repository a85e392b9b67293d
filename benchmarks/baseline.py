"""How it is done today: three requests one after the other, then ffmpeg on the protected URL.

ffmpeg comes from the package imageio-ffmpeg. CPU is that of the ffmpeg process, its start included,
for a whole song copied to ADTS.
"""

import asyncio
import base64
import json
import resource
import subprocess
import time
from urllib.parse import urljoin

import imageio_ffmpeg
from pywidevine.cdm import Cdm
from pywidevine.device import Device
from pywidevine.license_protocol_pb2 import WidevinePsshData
from pywidevine.pssh import PSSH

from benchmarks.first_byte import LATENCIES
from benchmarks.report import spread
from benchmarks.setup import BANDWIDTH, Bench


async def measure(bench: Bench) -> dict[str, object]:
    """Time to the first decoded sample, and CPU per minute of audio."""
    device = Device.load(bench.stack.device_file)
    songs = bench.songs[1 : 3 if bench.quick else 8]
    found: dict[str, object] = {}
    for latency in LATENCIES:
        await bench.control.network(latency, BANDWIDTH)
        resolve_ms: list[float] = []
        first_ms: list[float] = []
        for song in songs:
            began = time.perf_counter()
            url, key = await resolve(bench, device, song)
            resolve_ms.append((time.perf_counter() - began) * 1000)
            await asyncio.to_thread(first_sample, url, key)
            first_ms.append((time.perf_counter() - began) * 1000)
        found[f"at_{latency * 1000:.0f}_ms"] = {
            "resolve_ms": spread(resolve_ms),
            "first_sample_ms": spread(first_ms),
        }
    await bench.control.reset()
    url, key = await resolve(bench, device, songs[0])
    cpu = await asyncio.to_thread(copy_cpu_seconds, url, key)
    return {
        "ffmpeg": imageio_ffmpeg.get_ffmpeg_version(),
        **found,
        "copy_cpu_ms_per_audio_minute": round(1000 * cpu / (bench.seconds[songs[0]] / 60), 1),
    }


async def resolve(bench: Bench, device: Device, song: str) -> tuple[str, str]:
    """Three requests one after the other; the file's URL and the content key."""
    play = f"{bench.stack.base_urls['play']}/WebObjects/MZPlay.woa/wa"
    developer = await asyncio.to_thread(bench.stack.developer_token_file.read_text)
    headers = {
        "Authorization": f"Bearer {developer}",
        "Media-User-Token": bench.stack.music_user_token,
        "Origin": "https://music.apple.com",
    }
    post = bench.session.post
    async with post(f"{play}/webPlayback", json={"salableAdamId": song}, headers=headers) as answer:
        offer = json.loads(await answer.text())["songList"][0]
    playlist_url = next(a["URL"] for a in offer["assets"] if a["flavor"] == "28:ctrp256")
    async with bench.session.get(playlist_url) as answer:
        lines = (await answer.text()).splitlines()
    key_uri = next(line for line in lines if line.startswith("#EXT-X-KEY")).split('URI="')[1]
    key_uri = key_uri.split('"')[0]
    file_name = next(line for line in lines if line and not line.startswith("#"))
    kid = base64.b64decode(key_uri.split(",")[1])
    cdm = Cdm.from_device(device)
    session_id = cdm.open()
    pssh = WidevinePsshData(key_ids=[kid], algorithm="AESCTR").SerializeToString()
    challenge = cdm.get_license_challenge(session_id, PSSH(pssh))
    body = {
        "challenge": base64.b64encode(challenge).decode(),
        "key-system": "com.widevine.alpha",
        "uri": key_uri,
        "adamId": song,
        "isLibrary": False,
        "user-initiated": True,
    }
    license_url = offer["hls-key-server-url"]
    async with bench.session.post(license_url, json=body, headers=headers) as answer:
        cdm.parse_license(session_id, json.loads(await answer.text())["license"])
    key = cdm.get_keys(session_id, "CONTENT")[0].key.hex()
    cdm.close(session_id)
    return urljoin(playlist_url, file_name), key


def first_sample(url: str, key: str) -> None:
    """Run ffmpeg until the first decoded bytes are there."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-decryption_key", key, "-i", url]
    with subprocess.Popen(
        [*command, "-f", "s16le", "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        if process.stdout is None or not process.stdout.read(4):
            raise RuntimeError("ffmpeg gave no audio")
        process.kill()


def copy_cpu_seconds(url: str, key: str) -> float:
    """CPU of an ffmpeg process that copies the whole song to ADTS."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-decryption_key", key, "-i", url]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [*command, "-c", "copy", "-f", "adts", "-"], stdout=subprocess.DEVNULL, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
