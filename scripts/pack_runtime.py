"""Pack the runtime of the web page: the few files of onnxruntime-web that it needs, in one archive.

    python scripts/pack_runtime.py

It asks npm for the package, checks its hash, and writes the archive that is bundled. The same
package gives the same files; the archive's bytes may differ with another version of liblzma.
"""

import base64
import hashlib
import io
import lzma
import subprocess
import tarfile
import tempfile
from pathlib import Path

VERSION = "1.30.0"
#: SHA-512 of the package, as npm's own records have it.
SHA512 = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
#: For the processor, in every browser; and for WebGPU, in browsers that have JSPI. Those that share
#: much lie beside each other: the second of them is nearly free.
FILES = (
    "ort.wasm.bundle.min.mjs",
    "ort.jspi.bundle.min.mjs",
    "ort-wasm-simd-threaded.wasm",
    "ort-wasm-simd-threaded.jspi.wasm",
)
DICTIONARY_BYTES = 64 << 20  # larger than all files, so that it reaches back to the first
LICENSE = """onnxruntime-web is part of ONNX Runtime, https://github.com/microsoft/onnxruntime

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
TARGET_DIR = Path(__file__).resolve().parents[1] / "colab_pix2pix" / "web"


def main() -> None:
    """Fetch, check, pack."""
    with tempfile.TemporaryDirectory() as temp_dir:
        subprocess.run(
            [
                "npm",
                "pack",
                f"onnxruntime-web@{VERSION}",
                "--silent",
                "--pack-destination",
                temp_dir,
            ],
            check=True,
        )
        (tarball,) = Path(temp_dir).glob("*.tgz")
        package = tarball.read_bytes()
    sha512 = base64.b64encode(hashlib.sha512(package).digest()).decode()
    if sha512 != SHA512:
        raise SystemExit(f"The package's SHA-512 is {sha512}, not {SHA512}. Nothing was written.")
    target = TARGET_DIR / f"onnxruntime-web-{VERSION}.tar.xz"
    target.write_bytes(repack(package))
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB")


def repack(package: bytes) -> bytes:
    """Return the needed files of npm's package as a tar.xz, without dates and owners."""
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(package)) as source,
        tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as target,
    ):
        contents = {name: source.extractfile(f"package/dist/{name}").read() for name in FILES}
        for name, content in {**contents, "LICENSE.txt": LICENSE.encode()}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    lzma2 = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}
    filters = [{**lzma2, "dict_size": DICTIONARY_BYTES}]
    return lzma.compress(buffer.getvalue(), filters=filters)


if __name__ == "__main__":
    main()
