"""Handlers of two small HTTP servers: one keeps blobs, one speaks S3 (signature version 4, multipart, listing)."""

import hashlib
import hmac
import itertools
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

ACCESS_KEY, SECRET_KEY = "the-key", "the-secret"
BUCKET = "bucket"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        """Say nothing."""

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, content=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def blob_handler():
    class BlobHandler(Handler):
        contents = {}  # noqa: RUF012 - one for each server: the class is made for it
        requests = []  # noqa: RUF012 - the same
        failures = []  # noqa: RUF012 - statuses to answer first; 0 cuts the connection

        def seen(self):
            body = self.body()
            self.requests.append((self.command, self.path, dict(self.headers), body))
            if self.failures:
                status, headers = self.failures.pop(0), {}
                if isinstance(status, tuple):
                    status, headers = status
                if status == 0:
                    self.close_connection = True
                    self.connection.close()
                else:
                    self.answer(status, b"<Error>the server's\nown words</Error>", **headers)
                return None
            return body

        def do_PUT(self):
            body = self.seen()
            if body is not None:
                self.contents[self.path] = body
                self.answer(200)

        def do_GET(self):
            if self.seen() is None:
                return
            if self.path in self.contents:
                self.answer(200, self.contents[self.path])
            else:
                self.answer(404, b"no such blob")

    return BlobHandler


def s3_handler():  # noqa: C901 - one small method for each verb
    class S3Handler(Handler):
        objects = {}  # noqa: RUF012 - one for each server: the class is made for it
        uploads = {}  # noqa: RUF012 - the same
        ranges = []  # noqa: RUF012 - the same
        serial = itertools.count(1)

        def respond(self):
            body = self.body()
            url = urlsplit(self.path)
            query = dict(parse_qsl(url.query, keep_blank_values=True))
            if not signature_is_good(self, url):
                self.fail(403, "SignatureDoesNotMatch")
                return
            bucket, _, key = unquote(url.path).lstrip("/").partition("/")
            if bucket != BUCKET:
                self.fail(404, "NoSuchBucket")
                return
            getattr(self, f"on_{self.command.lower()}")(key, query, body)

        def __getattr__(self, name):
            if name.startswith("do_"):  # all verbs are signed and answered alike
                return self.respond
            raise AttributeError(name)

        def fail(self, status, code):
            self.answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())

        def on_put(self, key, query, body):
            if "uploadId" in query:
                self.uploads[query["uploadId"]][int(query["partNumber"])] = body
            else:
                self.objects[key] = body
            self.answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')

        def on_post(self, key, query, body):
            if "uploads" in query:
                upload = f"u{next(self.serial)}"
                self.uploads[upload] = {}
                result = f"<UploadId>{upload}</UploadId>"
                self.answer(200, f"<InitiateMultipartUploadResult>{result}</InitiateMultipartUploadResult>".encode())
            else:
                parts = self.uploads.pop(query["uploadId"])
                self.objects[key] = b"".join(parts[number] for number in sorted(parts))
                result = '<ETag>"e"</ETag>'
                self.answer(200, f"<CompleteMultipartUploadResult>{result}</CompleteMultipartUploadResult>".encode())

        def on_get(self, key, query, body):
            if not key:
                self.on_list(query)
            elif key not in self.objects:
                self.fail(404, "NoSuchKey")
            else:
                headers = {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT", "ETag": '"e"'}
                content, asked = self.objects[key], self.headers.get("Range", "").removeprefix("bytes=")
                if not asked:
                    self.answer(200, content, **headers)
                    return
                self.ranges.append(asked)
                first, last = (int(number) for number in asked.split("-"))
                headers["Content-Range"] = f"bytes {asked}/{len(content)}"
                self.answer(206, content[first : last + 1], **headers)

        on_head = on_get

        def on_list(self, query):
            keys = sorted(key for key in self.objects if key.startswith(query.get("prefix", "")))
            items = "".join(
                f"<Contents><Key>{escape(key)}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
                f"<Size>{len(self.objects[key])}</Size><ETag>e</ETag></Contents>"
                for key in keys
            )
            self.answer(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>".encode())

    return S3Handler


def signature_is_good(request, url):
    """Whether the request is signed with the secret (AWS signature version 4, docs.aws.amazon.com)."""
    kind, _, rest = request.headers.get("Authorization", "").partition(" ")
    if kind != "AWS4-HMAC-SHA256":
        return False
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    key_id, _, scope = given["Credential"].partition("/")
    if key_id != ACCESS_KEY:
        return False
    signed = given["SignedHeaders"].split(";")
    query = sorted(parse_qsl(url.query, keep_blank_values=True))
    canonical = "\n".join(
        [
            request.command,
            url.path,
            "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query),
            *(f"{name}:{request.headers[name].strip()}" for name in signed),
            "",
            given["SignedHeaders"],
            request.headers["x-amz-content-sha256"],
        ]
    )
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join([kind, request.headers["x-amz-date"], scope, hashed])
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(key.hex(), given["Signature"])
