"""As much of S3, STS and DynamoDB as setting up and looking into a test needs, signed by the book (Signature Version 4).

    s3 = aws.Client(minio.url, "s3", aws.Keys(KEY, SECRET))
    s3.request("PUT", "/bucket/some key.mp4", body=b"...")

It is written apart from the C program and shares nothing with it, so that one can be a witness against the other.
"""

import datetime
import hashlib
import hmac
import http.client
import json
import ssl
import urllib.parse
import xml.etree.ElementTree
from typing import NamedTuple

REGION = "us-east-1"


class Keys(NamedTuple):
    access_key: str
    secret: str
    token: str = ""


class Refused(Exception):
    """The service answered with an error."""

    def __init__(self, what, status, body):
        super().__init__(f"{what}: {status} {body[:500].decode('utf-8', 'replace')}")
        self.status, self.body = status, body


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature(keys, method, path, query, headers, body_hash, service, moment):
    """The Authorization header. path and query are encoded already; headers have small names."""
    day, stamp = moment.strftime("%Y%m%d"), moment.strftime("%Y%m%dT%H%M%SZ")
    names = ";".join(sorted(headers))
    canonical = "\n".join([method, path, query, *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names, body_hash])
    scope = f"{day}/{REGION}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{keys.secret}".encode()
    for part in (day, REGION, service, "aws4_request"):
        key = _hmac(key, part)
    signed = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signed}"


class Client:
    def __init__(self, url, service, keys, ca_file=None, timeout_s=30):
        self.url, self.service, self.keys, self.timeout_s = urllib.parse.urlsplit(url), service, keys, timeout_s
        self.context = ssl.create_default_context(cafile=ca_file) if self.url.scheme == "https" else None

    def _connection(self):
        if self.context:
            return http.client.HTTPSConnection(self.url.netloc, timeout=self.timeout_s, context=self.context)
        return http.client.HTTPConnection(self.url.netloc, timeout=self.timeout_s)

    def exchange(self, method, path, query=None, body=b"", headers=None):
        """(status, headers, body), whatever the status is. path is not encoded yet."""
        moment = datetime.datetime.now(datetime.timezone.utc)
        path = urllib.parse.quote(path, safe="/-_.~")
        query = urllib.parse.urlencode(sorted((query or {}).items()), quote_via=urllib.parse.quote, safe="-_.~")
        body_hash = hashlib.sha256(body).hexdigest()
        signed = {name.lower(): value for name, value in (headers or {}).items()}
        signed |= {"host": self.url.netloc, "x-amz-date": moment.strftime("%Y%m%dT%H%M%SZ"), "x-amz-content-sha256": body_hash}
        if self.keys.token:
            signed["x-amz-security-token"] = self.keys.token
        signed["authorization"] = signature(self.keys, method, path, query, signed, body_hash, self.service, moment)
        connection = self._connection()
        try:
            connection.request(method, f"{path}?{query}" if query else path, body=body, headers=signed)
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            connection.close()

    def request(self, method, path, query=None, body=b"", headers=None):
        """(headers, body); anything but success is Refused."""
        status, reply_headers, reply = self.exchange(method, path, query, body, headers)
        if not 200 <= status < 300:
            raise Refused(f"{method} {path}", status, reply)
        return reply_headers, reply


def _local(tree, name):
    """The texts of the elements of that name, whatever their namespace."""
    return [element.text or "" for element in tree.iter() if element.tag.rpartition("}")[2] == name]


class S3(Client):
    def __init__(self, url, keys, **rest):
        super().__init__(url, "s3", keys, **rest)

    def make_bucket(self, bucket):
        status, _, body = self.exchange("PUT", f"/{bucket}")
        if status not in (200, 409):
            raise Refused(f"making the bucket {bucket}", status, body)

    def notify(self, bucket, *targets, event="s3:ObjectCreated:*", suffix=None):
        """targets: such as HOOK:webhook or JETSTREAM:nats, as the server was started with."""
        rule = "" if suffix is None else (
            f"<Filter><S3Key><FilterRule><Name>suffix</Name><Value>{suffix}</Value></FilterRule></S3Key></Filter>")
        queues = "".join(f"<QueueConfiguration><Queue>arn:minio:sqs:{REGION}:{target}</Queue><Event>{event}</Event>{rule}"
                         "</QueueConfiguration>" for target in targets)
        self.request("PUT", f"/{bucket}", {"notification": ""},
                     f"<NotificationConfiguration>{queues}</NotificationConfiguration>".encode())

    def put(self, bucket, key, body, **headers):
        return self.request("PUT", f"/{bucket}/{key}", body=body, headers=headers)[0]

    def get(self, bucket, key):
        return self.request("GET", f"/{bucket}/{key}")[1]

    def delete(self, bucket, key):
        self.request("DELETE", f"/{bucket}/{key}")

    def keys_of(self, bucket, prefix=""):
        found, query = [], {"list-type": "2", "prefix": prefix}
        while True:
            tree = xml.etree.ElementTree.fromstring(self.request("GET", f"/{bucket}", query)[1])
            found += _local(tree, "Key")
            more = _local(tree, "NextContinuationToken")
            if not more:
                return found
            query["continuation-token"] = more[0]

    def borrow_keys(self, policy, duration_s=7 * 24 * 3600):
        """Temporary keys with a session token, that may do no more than the policy says: such as a function has."""
        body = urllib.parse.urlencode({"Action": "AssumeRole", "Version": "2011-06-15", "DurationSeconds": duration_s,
                                       "Policy": json.dumps(policy)}).encode()
        sts = Client(self.url.geturl(), "sts", self.keys)
        sts.context = self.context
        reply = sts.request("POST", "/", body=body, headers={"content-type": "application/x-www-form-urlencoded"})[1]
        tree = xml.etree.ElementTree.fromstring(reply)
        return Keys(*(_local(tree, name)[0] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")))


class DynamoDB(Client):
    def __init__(self, url, keys, **rest):
        super().__init__(url, "dynamodb", keys, **rest)

    def call(self, action, **arguments):
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"DynamoDB_20120810.{action}"}
        return json.loads(self.request("POST", "/", body=json.dumps(arguments).encode(), headers=headers)[1] or b"{}")

    def make_table(self, table, key):
        self.call("CreateTable", TableName=table, BillingMode="PAY_PER_REQUEST",
                  AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                  KeySchema=[{"AttributeName": key, "KeyType": "HASH"}])
