"""Uploads a file: NEXUS_URL and NEXUS_TOKEN say where to and who. Prints the asset. Needs `requests`."""

import hashlib
import json
import os
import sys

import requests

path = sys.argv[1]
api = requests.Session()
api.headers["Authorization"] = f"Bearer {os.environ['NEXUS_TOKEN']}"


def call(route, body):
    answer = api.post(f"{os.environ['NEXUS_URL']}/nexus/raw/{route}", json=body, timeout=35)
    if not answer.ok:
        sys.exit(f"{route}: {answer.status_code}: {answer.text}")
    return answer.json()


with open(path, "rb") as file:
    declared = {
        "filename": os.path.basename(path),
        "size_bytes": os.path.getsize(path),
        "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
    }
    form = call("presign-upload", declared)
    file.seek(0)
    posted = requests.post(form["url"], data=form["fields"], files={"file": file}, timeout=300)
    if not posted.ok:
        sys.exit(f"S3: {posted.status_code}: {posted.text}")
print(json.dumps(call("register", {"asset_id": form["asset_id"]}), indent=2, ensure_ascii=False))
