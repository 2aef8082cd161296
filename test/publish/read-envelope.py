"""Verifies the signature of a DSSE envelope by the library of in-toto (securesystemslib), and prints the statement in it.

Arguments: file of a Sigstore bundle, public key as 64 hexadecimal digits.
"""
import base64
import json
import sys

from securesystemslib.signer import Signature, SSlibKey

with open(sys.argv[1], encoding="utf-8") as file:
    envelope = json.load(file)["dsseEnvelope"]
payload = base64.b64decode(envelope["payload"], validate=True)
kind = envelope["payloadType"].encode()
# https://github.com/secure-systems-lab/dsse/blob/master/protocol.md: what is signed is PAE(type, payload).
signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
[signature] = envelope["signatures"]
key = SSlibKey(signature["keyid"], "ed25519", "ed25519", {"public": sys.argv[2]})
key.verify_signature(
    Signature(signature["keyid"], base64.b64decode(signature["sig"], validate=True).hex()), signed
)
sys.stdout.write(json.dumps(json.loads(payload)))
