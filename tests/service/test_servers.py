"""The servers that the other tests rely on: they start, say what they are, and really check what they are asked to."""

from servers import *

POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::open/*"]}]}


class S3(ServiceCase):
    servers = {"minio": Minio}

    def setUp(self):
        self.s3 = s3_of(self.minio)
        self.s3.make_bucket("open")

    def refused(self, status, call, *arguments):
        with self.assertRaises(aws.Refused) as caught:
            call(*arguments)
        self.assertEqual(caught.exception.status, status, caught.exception)

    def test_version(self):
        print(self.minio.version())
        self.assertIn("minio version", self.minio.version())

    def test_awkward_keys(self):
        keys = ["a b+c%25.mp4", "Stunde 1/ä ~'\"$(x);&.mp4", "100%.mp4"]
        for key in keys:
            self.s3.put("open", key, key.encode())
        self.assertEqual([self.s3.get("open", key) for key in keys], [key.encode() for key in keys])
        self.assertEqual(set(self.s3.keys_of("open")) & set(keys), set(keys))

    def test_wrong_secret_is_refused(self):
        self.refused(403, s3_of(self.minio, aws.Keys(launch.KEY, "wrong")).keys_of, "open")

    def test_borrowed_keys_need_their_token_and_obey_the_policy(self):
        keys = self.s3.borrow_keys(POLICY)
        self.s3.put("open", "read me", b"yes")
        borrowed = s3_of(self.minio, keys)
        self.assertEqual(borrowed.get("open", "read me"), b"yes")
        self.refused(403, borrowed.put, "open", "read me", b"no")
        self.refused(403, s3_of(self.minio, keys._replace(token="")).get, "open", "read me")


class S3OverTls(ServiceCase):
    servers = {"minio": lambda folder: Minio(folder, tls=True)}

    def test_certificate_is_trusted_by_name_only(self):
        s3_of(self.minio).make_bucket("open")
        self.assertEqual(self.environment()["AWS_CA_BUNDLE"], str(self.minio.certificate))
        with self.assertRaises(OSError):
            aws.S3(self.minio.url, ROOT_KEYS).make_bucket("open")


class DynamoDBLocal(ServiceCase):
    servers = {"dynamodb": DynamoDB}

    def test_table(self):
        print(self.dynamodb.version())
        table = dynamodb_of(self.dynamodb)
        table.make_table("students", "id")
        item = {"id": {"S": "ä1"}, "name": {"S": 'Zoë "Z" Ω'}}
        table.call("PutItem", TableName="students", Item=item)
        got = table.call("BatchGetItem", RequestItems={"students": {"Keys": [{"id": {"S": "ä1"}}]}})
        self.assertEqual(got["Responses"]["students"], [item])


class SignedDynamoDB(ServiceCase):
    servers = {"moto": lambda folder: Moto(folder, unchecked=1000)}

    def test_wrong_secret_is_refused(self):
        print(self.moto.version())
        dynamodb_of(self.moto).make_table("students", "id")
        self.moto.check_from_now_on()
        with self.assertRaises(aws.Refused) as caught:
            dynamodb_of(self.moto, aws.Keys("AKIAIOSFODNN7EXAMPLE", "wrong")).call("ListTables")
        self.assertEqual(caught.exception.status, 403)


class Queue(ServiceCase):
    servers = {"nats": Nats}

    def test_stream(self):
        print(self.nats.version())
        with jetstream.JetStream(self.nats.url) as queue:
            queue.make_stream("VIDEOS", "s3.created")
            queue.make_stream("VIDEOS", "s3.created")
            queue.publish("s3.created", b"{}")
            self.assertEqual(queue.stream_state("VIDEOS")["messages"], 1)

    def test_survives_its_own_death(self):
        with jetstream.JetStream(self.nats.url) as queue:
            queue.make_stream("KEPT", "kept")
            queue.publish("kept", b"{}")
        self.nats.kill()
        self.nats.start()
        with jetstream.JetStream(self.nats.url) as queue:
            self.assertEqual(queue.stream_state("KEPT")["messages"], 1)


class Lambda(ServiceCase):
    servers = {"emulator": lambda folder: Emulator(
        folder, [sys.executable, str(ROOT / "tests/service/stand_in.py")], {"DONE": str(folder / "done"), "GREETING": "hello"})}

    def invoke(self, key):
        status, body = self.emulator.invoke(json.dumps({"Records": [{"s3": {"object": {"key": key}}}]}).encode())
        return status, json.loads(body)

    def test_answer(self):
        status, answer = self.invoke("where")
        self.assertEqual((status, answer["greeting"], answer["memory_mb"]), (200, "hello", "512"))

    def test_error_is_answered_with_200(self):
        status, answer = self.invoke("fail.mp4")
        self.assertEqual((status, answer["errorType"]), (200, "ValueError"))


class Ending(unittest.TestCase):
    """Only what was started is ended."""

    def test_another_process_with_that_pid_is_left_alone(self):
        sleeper = subprocess.Popen(["sleep", "60"])
        ticks = launch.started_at(sleeper.pid)
        launch.end(sleeper.pid, ticks + 1)
        self.assertIsNone(sleeper.poll())
        launch.end(sleeper.pid, ticks)
        self.assertEqual(sleeper.wait(5), -15)


if __name__ == "__main__":
    main()
