#!/usr/bin/env python3
"""A device of EdgeFlow OTA in Python (README.md). What it follows is docs/device-protocol.md."""

import argparse
import asyncio
import base64
import hashlib
import json
import os
import random
import secrets
import ssl
import time
import urllib.request
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import websockets
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

RAW = {"encoding": serialization.Encoding.Raw, "format": serialization.PublicFormat.Raw}
# websockets 14 gave the argument another name; Debian 12 has version 10.
HEADERS = "additional_headers" if int(websockets.__version__.split(".")[0]) >= 14 else "extra_headers"


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def say(text: str) -> None:
    print(time.strftime("%FT%TZ", time.gmtime()), text, flush=True)


class Failed(Exception):
    """An update cannot be; `code` is one of docs/device-protocol.md."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


class Device:
    """One device: its folder holds its key, who signs its firmware, and what runs."""

    def __init__(self, options: argparse.Namespace):
        self.id, self.model, self.origin = options.device_id, options.model, options.origin
        self.folder = Path(options.dir)
        self.postpone_s = options.postpone_s
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tls = ssl.create_default_context(cafile=options.ca)
        self.key = self.load_key()
        self.state = self.load_state(options)
        self.boot_id = secrets.token_hex(8)
        self.ahead = 0.0  # By how many seconds the cloud's clock is ahead of ours.

    # --- What it keeps ---

    def keep(self, name: str, data: bytes) -> None:
        """In one step, also over a power cut."""
        new = self.folder / f"{name}.new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.rename(self.folder / name)

    def save(self) -> None:
        self.keep("state.json", json.dumps(self.state, indent=2).encode())

    def load_key(self) -> Ed25519PrivateKey:
        file = self.folder / "device.key"
        if not file.exists():
            key = Ed25519PrivateKey.generate()
            seed = key.private_bytes(
                serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
            )
            self.keep("device.key", seed)
        return Ed25519PrivateKey.from_private_bytes(file.read_bytes())

    def load_state(self, options: argparse.Namespace) -> dict:
        file = self.folder / "state.json"
        if file.exists():
            return json.loads(file.read_text())
        claim = Path(options.claim_token_file).read_text().strip()
        org = json.loads(from_b64url(claim.split(".")[1]))["org"]
        public_key = {"kty": "OKP", "crv": "Ed25519", "x": b64url(self.key.public_key().public_bytes(**RAW))}
        body = json.dumps({"device_id": self.id, "model": self.model, "public_key": public_key}).encode()
        request = urllib.request.Request(
            f"{self.origin}/gateway/v1/devices",
            body,
            {"Authorization": f"Claim {claim}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, context=self.tls) as answer:
            # Trust on first use: the keys that sign its firmware are those of the first answer.
            signing = json.load(answer)["signing"]
        self.state = {"org": org, "signing": signing, "version": options.version, "counter": 0}
        self.save()
        say(f"registered as {self.id}")
        return self.state

    # --- The tunnel ---

    def token(self) -> str:
        """For one tunnel, by the cloud's clock."""
        now = int(time.time() + self.ahead)
        who = {"iss": self.id, "sub": self.id, "org": self.state["org"], "aud": "edgeflow-gateway"}
        parts = [{"alg": "EdDSA"}, {**who, "iat": now, "exp": now + 120, "jti": secrets.token_hex(16)}]
        signed = ".".join(b64url(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{b64url(self.key.sign(signed.encode()))}"

    async def run(self) -> None:
        wait = {"min_s": 1, "max_s": 5}
        while True:
            try:
                url = self.origin.replace("https:", "wss:", 1) + "/gateway/v1/tunnel"
                headers = {HEADERS: {"Authorization": f"Bearer {self.token()}"}}
                async with websockets.connect(
                    url, subprotocols=["edgeflow.ota.v1"], ssl=self.tls, max_size=16384, **headers
                ) as tunnel:
                    wait = await self.serve(tunnel, wait)
                    if "next" in self.state:
                        self.boot()
                        continue
            except Exception as error:  # Whatever it was: a device comes again.
                self.learn_time(error)
                say(f"no tunnel: {error}")
            # At a random time of the window, so that a fleet does not come back all at once.
            await asyncio.sleep(random.uniform(wait["min_s"], wait["max_s"]))

    def learn_time(self, error: Exception) -> None:
        """A refused upgrade says what time it is; the next token is signed by that clock."""
        headers = getattr(getattr(error, "response", error), "headers", None)
        if headers and headers.get("Date"):
            self.ahead = parsedate_to_datetime(headers["Date"]).timestamp() - time.time()

    async def serve(self, tunnel, wait: dict) -> dict:
        """One tunnel, from the hello to its end. Returns in which window to come back."""
        hello = {"version": self.state["version"], "model": self.model, "boot_id": self.boot_id}
        await tunnel.send(json.dumps({"type": "hello", **hello, "agent": "example-python"}))
        job, update_id = None, None
        try:
            async for text in tunnel:
                frame = json.loads(text)
                say("cloud: " + " ".join(str(frame[name]) for name in ("type", "version", "code", "detail") if name in frame))
                if frame["type"] == "welcome":
                    wait = frame["reconnect"]
                # The same update may come twice.
                elif frame["type"] == "update" and not (job and not job.done() and frame["update_id"] == update_id):
                    update_id = frame["update_id"]
                    job = asyncio.create_task(self.take(frame, tunnel))
                elif frame["type"] == "cancel" and job and "next" not in self.state:
                    job.cancel()
        finally:
            if job:
                job.cancel()
        return wait

    # --- An update ---

    async def take(self, update: dict, tunnel) -> None:
        """Installs the update and ends the tunnel for the reboot, or says why not."""
        about = {"update_id": update["update_id"]}

        async def phase(name: str, progress: int) -> None:
            await tunnel.send(json.dumps({"type": "progress", **about, "phase": name, "progress": progress}))

        try:
            counter = self.check_manifest(update)
            busy = self.folder / "busy"
            if busy.exists():
                # Somebody uses the device: not now. The cloud offers the update again then, whatever happens to this tunnel.
                about |= {"for_s": self.postpone_s, "reason": busy.read_text().strip()[:256]}
                await tunnel.send(json.dumps({"type": "postpone", **about}))
                return
            await phase("downloading", 0)
            digest = await asyncio.to_thread(self.download, update["url"])
            await phase("verifying", 80)
            if digest != update["sha256"]:
                raise Failed("checksum-mismatch", f"the image has the SHA-256 {digest}")
            await phase("installing", 90)
            (self.folder / "image.part").rename(self.folder / "image.bin")
            self.state["next"] = {"version": update["version"], "counter": max(counter, self.state["counter"])}
            self.save()
            await phase("rebooting", 95)
            await tunnel.close()
        except Failed as error:
            say(f"update {update['update_id']} failed: {error.code}")
            await tunnel.send(json.dumps({"type": "failed", **about, "code": error.code, "message": str(error)}))

    def check_manifest(self, update: dict) -> int:
        """What the organization's key has signed counts, not what the cloud says. Returns the release counter."""
        signing = self.state["signing"]
        if "manifest" not in update:
            if signing["signature"] == "optional":
                return 0
            raise Failed("signature-invalid", "there is no manifest")
        head, body, signature = update["manifest"].split(".")
        keys = {key["kid"]: key["public_key"]["x"] for key in signing["keys"]}
        try:
            signer = Ed25519PublicKey.from_public_bytes(from_b64url(keys[json.loads(from_b64url(head))["kid"]]))
            signer.verify(from_b64url(signature), f"{head}.{body}".encode())
        except (KeyError, InvalidSignature) as error:
            raise Failed("signature-invalid", "no key that this device trusts has signed it") from error
        claims = json.loads(from_b64url(body))
        told = {name: update[name] for name in ("version", "sha256", "size")}
        if {"org": self.state["org"], **told} != {name: claims[name] for name in ("org", *told)}:
            raise Failed("manifest-mismatch", "the manifest is of another image")
        if self.model not in claims["models"]:
            raise Failed("wrong-model", f"it is for {', '.join(claims['models'])}")
        expires = claims["expires_at"]
        if isinstance(expires, str):
            expires = datetime.fromisoformat(expires.replace("Z", "+00:00")).timestamp()
        if expires <= time.time() + self.ahead:
            raise Failed("manifest-expired", f"it expired at {claims['expires_at']}")
        below = claims["release_counter"] < self.state["counter"]
        if below and not claims.get("allow_downgrade") and not update.get("rollback"):
            raise Failed("downgrade-refused", f"this device has run release {self.state['counter']}")
        return claims["release_counter"]

    def download(self, url: str) -> str:
        """Into image.part, piece by piece. Returns its SHA-256 as hex."""
        digest = hashlib.sha256()
        if not url.startswith("https://"):
            raise Failed("download-failed", "downloads are over https alone")
        try:
            with urllib.request.urlopen(url, context=self.tls, timeout=60) as answer, open(
                self.folder / "image.part", "wb"
            ) as file:
                while piece := answer.read(65536):
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Failed("download-failed", str(error)) from error
        return digest.hexdigest()

    def boot(self) -> None:
        """What the board's boot loader does: the new version runs."""
        self.state.update(self.state.pop("next"))
        self.save()
        self.boot_id = secrets.token_hex(8)
        say(f"booted {self.state['version']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--origin", default="https://localhost:8443")
    parser.add_argument("--ca", required=True, help="a file with the CA of the origin")
    parser.add_argument("--dir", required=True, help="a folder of its own")
    parser.add_argument("--device-id", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--claim-token-file", help="for the first start")
    parser.add_argument("--version", default="1.0.0", help="what runs at the first start")
    parser.add_argument("--postpone-s", type=int, default=3600, help="for how long an update is put off while there is a file `busy`")
    device = Device(parser.parse_args())
    if "next" in device.state:
        device.boot()
    asyncio.run(device.run())


if __name__ == "__main__":
    main()
