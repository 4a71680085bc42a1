"""Reads one object with boto3, a client that shares nothing with ours: prints its length, its SHA-256 and its ETag.

Where the object is, the environment says, as for the whole-flow tests. Takes the object's key.
"""

import hashlib
import os
import sys

import boto3
from botocore.config import Config

s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["UPLOAD_E2E_S3"],
    region_name=os.environ["UPLOAD_E2E_S3_REGION"],
    config=Config(s3={"addressing_style": "path"}),
)
answer = s3.get_object(Bucket=os.environ["UPLOAD_E2E_S3_BUCKET"], Key=sys.argv[1])
digest = hashlib.sha256()
length = 0
for chunk in answer["Body"].iter_chunks(1 << 20):
    digest.update(chunk)
    length += len(chunk)
print(length, digest.hexdigest(), answer["ETag"].strip('"'))
