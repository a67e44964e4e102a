"""deploy/template.yaml: linted, translated as Amazon would, held against its promises, and deployed to an emulator.

Runs in the environment of tests/deploy/requirements.txt; template.sh prepares it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

import boto3
import yaml
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

SOURCE = Path(os.environ["HOMEROOM_SOURCE"])
TEMPLATE = SOURCE / "deploy" / "template.yaml"
PROGRAMS = Path(sys.executable).parent
REGION = "eu-central-1"
IMAGE = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/homeroom@sha256:{'0' * 64}"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}
os.environ.update(KEYS)


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms: !Ref X is {"Ref": "X"}, !GetAtt A.B is {"Fn::GetAtt": ["A", "B"]}."""


def short_form(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else "Fn::" + suffix: value}


Loader.add_multi_constructor("!", short_form)


def source():
    return yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader)


def translated():
    return transform(source(), {}, ManagedPolicyLoader(None))


class Linted(unittest.TestCase):
    def test_cfn_lint_has_nothing_to_say(self):
        done = subprocess.run([PROGRAMS / "cfn-lint", "--regions", REGION, "us-east-1", "--", TEMPLATE],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, ""))

    def test_cfn_lint_would_notice(self):
        broken = TEMPLATE.read_text(encoding="utf-8").replace("VisibilityTimeout:", "VisibleTimeout:")
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(broken)
            file.flush()
            done = subprocess.run([PROGRAMS / "cfn-lint", "--regions", REGION, "--", file.name], stdout=subprocess.PIPE)
        self.assertNotEqual(done.returncode, 0)

    def test_every_finding_of_the_security_linter_is_explained(self):
        done = subprocess.run([os.environ["HOMEROOM_CHECKOV"], "-f", TEMPLATE.name, "--skip-download", "-o", "json"],
                              cwd=TEMPLATE.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        report = json.loads(done.stdout)
        found = {(check["check_id"], check["resource"].split(".")[-1]) for check in report["results"]["failed_checks"]}
        self.assertGreater(len(report["results"]["passed_checks"]), 30)
        self.assertEqual(report["results"]["parsing_errors"], [])
        accepted = {}
        for line in (SOURCE / "tests/deploy/accepted-findings.txt").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                check, resource, reason = line.split(None, 2)
                accepted[check, resource] = reason
        self.assertEqual(found - accepted.keys(), set(), "found, and not explained")
        self.assertEqual(accepted.keys() - found, set(), "explained, and not found any more")


class Promises(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = translated()
        cls.resources = cls.template["Resources"]

    def of_type(self, kind):
        return {name: one for name, one in self.resources.items() if one["Type"] == kind}

    def statements(self, name="Role"):
        policy, = self.resources[name]["Properties"]["Policies"]
        statements = [one["Fn::If"][1] if "Fn::If" in one else one for one in policy["PolicyDocument"]["Statement"]]
        return {one["Sid"]: one for one in statements}

    def test_no_aliases(self):
        # CloudFormation's YAML has none.
        events = yaml.parse(TEMPLATE.read_text(encoding="utf-8"), Loader)
        self.assertFalse([event for event in events if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None)])

    def test_buckets_are_encrypted_closed_and_tidied(self):
        buckets = self.of_type("AWS::S3::Bucket")
        self.assertEqual(set(buckets), {"InputBucket", "OutputBucket", "GalleryBucket"})
        policies = {one["Properties"]["Bucket"]["Ref"]: one for one in self.of_type("AWS::S3::BucketPolicy").values()}
        for name, bucket in buckets.items():
            properties = bucket["Properties"]
            self.assertIn("BucketEncryption", properties)
            self.assertEqual(set(properties["PublicAccessBlockConfiguration"].values()), {True})
            self.assertTrue(any("AbortIncompleteMultipartUpload" in rule for rule in properties["LifecycleConfiguration"]["Rules"]))
            statement, = policies[name]["Properties"]["PolicyDocument"]["Statement"]
            self.assertEqual((statement["Effect"], statement["Principal"], statement["Action"]), ("Deny", "*", "s3:*"))
            self.assertEqual(statement["Condition"], {"Bool": {"aws:SecureTransport": "false"}})
            self.assertEqual(len(statement["Resource"]), 2, "the bucket, and what is in it")
        rules = {rule.get("Id"): rule for rule in buckets["OutputBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]}
        self.assertEqual((rules["state"]["Prefix"], rules["state"]["ExpirationInDays"]), (".homeroom/", 7))

    def test_longest_bucket_name_fits(self):
        name = "a" * 20 + "-gallery-" + "1" * 12 + "-" + "ap-southeast-1"
        self.assertLessEqual(len(name), 63)

    def test_visibility_is_six_times_the_timeout(self):
        allowed = self.template["Parameters"]["Timeout"]["AllowedValues"]
        seconds = self.template["Mappings"]["Visibility"]["Seconds"]
        self.assertEqual({int(timeout) * 6 for timeout in allowed}, set(seconds.values()))
        for timeout in allowed:
            self.assertEqual(seconds[timeout], int(timeout) * 6)
        queue = self.resources["Queue"]["Properties"]
        self.assertEqual(queue["VisibilityTimeout"], {"Fn::FindInMap": ["Visibility", "Seconds", {"Ref": "Timeout"}]})
        self.assertEqual(self.resources["Function"]["Properties"]["Timeout"], {"Ref": "Timeout"})
        self.assertEqual(queue["RedrivePolicy"]["maxReceiveCount"], 5)

    def test_the_bucket_tells_the_queue_or_the_function(self):
        told = self.resources["InputBucket"]["Properties"]["NotificationConfiguration"]
        self.assertEqual(told["QueueConfigurations"]["Fn::If"], [
            "ByQueue", [{"Event": "s3:ObjectCreated:*", "Queue": {"Fn::GetAtt": ["Queue", "Arn"]}}], {"Ref": "AWS::NoValue"}])
        self.assertEqual(told["LambdaConfigurations"]["Fn::If"], [
            "Directly", [{"Event": "s3:ObjectCreated:*", "Function": {"Fn::GetAtt": ["Function", "Arn"]}}],
            {"Ref": "AWS::NoValue"}])
        conditions = self.template["Conditions"]
        self.assertEqual(conditions["ByQueue"], {"Fn::Equals": [{"Ref": "Trigger"}, "queue"]})
        self.assertEqual(conditions["Directly"], {"Fn::Equals": [{"Ref": "Trigger"}, "direct"]})
        # Both are allowed before the bucket is made, for it tries them; so they know it by its name.
        self.assertEqual(set(self.resources["InputBucket"]["DependsOn"]), {"QueuePolicy", "FromBucket"})
        name = self.resources["InputBucket"]["Properties"]["BucketName"]["Fn::Sub"]
        arn = {"Fn::Sub": "arn:${AWS::Partition}:s3:::" + name}
        statement = self.resources["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
        self.assertEqual(statement["Condition"]["ArnEquals"]["aws:SourceArn"], arn)
        self.assertEqual(self.resources["FromBucket"]["Properties"]["SourceArn"], arn)
        self.assertEqual(self.statements()["ReadVideos"]["Resource"], {"Fn::Sub": arn["Fn::Sub"] + "/*"})
        self.assertEqual(self.statements()["TellMissingFromForbidden"]["Resource"][0], arn)

    def test_what_failed_alone_is_tried_again(self):
        mapping = self.resources["FromQueue"]["Properties"]
        self.assertEqual(mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"])
        self.assertEqual(mapping["BatchSize"], 1)

    def test_function_may_do_what_it_must_and_nothing_else(self):
        rights = self.statements()
        allowed = {action for one in rights.values() for action in
                   ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])}
        self.assertEqual(allowed, {
            "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject", "s3:DeleteObject",
            "s3:AbortMultipartUpload", "dynamodb:BatchGetItem", "dynamodb:DescribeTable", "sqs:ReceiveMessage",
            "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage", "logs:CreateLogStream", "logs:PutLogEvents",
            "kms:Decrypt", "kms:GenerateDataKey", "xray:PutTraceSegments", "xray:PutTelemetryRecords"})
        for name, one in rights.items():
            self.assertEqual(one["Effect"], "Allow")
            if name != "Trace":
                self.assertNotEqual(one["Resource"], "*", name)
        self.assertNotIn("ManagedPolicyArns", self.resources["Role"]["Properties"])
        self.assertNotIn("s3:PutObject", rights["ReadVideos"]["Action"])

    def test_function_writes_and_deletes_what_it_makes_and_nothing_else(self):
        rights = self.statements()
        kinds = ["*.csv", "*.error.json", ".homeroom/*"]
        self.assertEqual(rights["WriteReports"]["Resource"], [{"Fn::Sub": "${OutputBucket.Arn}/" + kind} for kind in kinds])
        for name, one in rights.items():
            if name != "WriteReports":
                self.assertFalse({"s3:PutObject", "s3:DeleteObject"} & set(one["Action"]), name)
        gallery = [{"Fn::Sub": "${GalleryBucket.Arn}/homeroom.db" + end} for end in ("", ".keys")]
        self.assertEqual(rights["ReadGallery"]["Resource"], gallery)
        database = self.resources["Function"]["Properties"]["Environment"]["Variables"]["HOMEROOM_DB"]["Fn::If"][2]
        self.assertEqual(database, {"Fn::Sub": "s3://${GalleryBucket}/homeroom.db"})
        # These are the names that the program gives; the local cloud holds it to the same rights.
        function = (SOURCE / "src/function/function.c").read_text(encoding="utf-8")
        for text in ('".csv"', '".error.json"', '#define KEPT_FOLDER ".homeroom/"'):
            self.assertIn(text, function)
        sys.path.insert(0, str(SOURCE / "tools/cloud"))
        import cloud
        local = cloud.role("videos", "reports")["Statement"]
        written, = (one for one in local if "s3:PutObject" in one["Action"])
        self.assertEqual(sorted(written["Action"]), sorted(rights["WriteReports"]["Action"]))
        self.assertEqual(written["Resource"], [f"arn:aws:s3:::reports/{kind}" for kind in kinds])

    def chosen(self, value, **true):
        """What is left of a value when these conditions hold and the others don't."""
        if isinstance(value, dict) and "Fn::If" in value:
            condition, yes, no = value["Fn::If"]
            return self.chosen(yes if true.get(condition) else no, **true)
        if isinstance(value, dict):
            found = {name: self.chosen(one, **true) for name, one in value.items()}
            return {name: one for name, one in found.items() if one != {"Ref": "AWS::NoValue"}}
        if isinstance(value, list):
            return [one for one in (self.chosen(one, **true) for one in value) if one != {"Ref": "AWS::NoValue"}]
        return value

    def test_a_key_of_ones_own(self):
        self.assertEqual(self.template["Parameters"]["KmsKey"]["Default"], "")
        self.assertEqual(self.template["Conditions"]["HasKey"], {"Fn::Not": [{"Fn::Equals": [{"Ref": "KmsKey"}, ""]}]})
        key = {"Ref": "KmsKey"}
        kept = ["InputBucket", "OutputBucket", "GalleryBucket", "Queue", "DeadLetters", "Students", "LogGroup"]
        for name in kept:
            own = self.chosen(self.resources[name]["Properties"], HasKey=True)
            theirs = self.chosen(self.resources[name]["Properties"])
            self.assertIn(json.dumps(key), json.dumps(own), name)
            self.assertNotIn("KmsKey", json.dumps(theirs), name)
        for name in kept[:3]:
            for given, kind in (({"HasKey": True}, "aws:kms"), ({}, "AES256")):
                rule, = self.chosen(self.resources[name]["Properties"], **given)["BucketEncryption"]["ServerSideEncryptionConfiguration"]
                self.assertEqual(rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"], kind)
                self.assertEqual(rule.get("BucketKeyEnabled", False), kind == "aws:kms")
        for name in ("Queue", "DeadLetters"):
            self.assertNotIn("SqsManagedSseEnabled", self.chosen(self.resources[name]["Properties"], HasKey=True))
            self.assertIs(self.chosen(self.resources[name]["Properties"])["SqsManagedSseEnabled"], True)
        self.assertEqual(self.statements()["UseKey"]["Resource"], key)
        self.assertNotIn("UseKey", json.dumps(self.chosen(self.resources["Role"]["Properties"])))
        pattern = re.compile(self.template["Parameters"]["KmsKey"]["AllowedPattern"])
        for good in ("", f"arn:aws:kms:{REGION}:123456789012:key/1234abcd-12ab", "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1"):
            self.assertTrue(pattern.fullmatch(good), good)
        for bad in ("alias/school", f"arn:aws:kms:{REGION}:123456789012:alias/school", "1234abcd-12ab", "*"):
            self.assertFalse(pattern.fullmatch(bad), bad)

    def test_a_trail_of_who_read_what(self):
        self.assertEqual(self.template["Parameters"]["TrailBucket"]["Default"], "")
        trail = self.resources["Trail"]
        self.assertEqual(trail["Condition"], "HasTrail")
        properties = trail["Properties"]
        self.assertEqual(properties["S3BucketName"], {"Ref": "TrailBucket"})
        self.assertTrue(properties["IsLogging"] and properties["EnableLogFileValidation"])
        told = {}
        for selector in properties["AdvancedEventSelectors"]:
            fields = {one["Field"]: one for one in selector["FieldSelectors"]}
            self.assertEqual(fields["eventCategory"]["Equals"], ["Data"])
            told[fields["resources.type"]["Equals"][0]] = fields["resources.ARN"]
        self.assertEqual(told["AWS::S3::Object"]["StartsWith"],
                         [{"Fn::Sub": "${" + bucket + ".Arn}/"} for bucket in self.of_type("AWS::S3::Bucket")])
        self.assertEqual(told["AWS::DynamoDB::Table"]["Equals"], [{"Fn::GetAtt": ["Students", "Arn"]}])

    def test_function_is_told_where_everything_is(self):
        function = self.resources["Function"]["Properties"]
        self.assertEqual(function["PackageType"], "Image")
        variables = function["Environment"]["Variables"]
        self.assertEqual(variables["HOMEROOM_OUT"], {"Fn::Sub": "s3://${OutputBucket}"})
        self.assertEqual(variables["HOMEROOM_STUDENTS"], {"Fn::Sub": "dynamodb:${Students}"})
        self.assertEqual(variables["HOMEROOM_QUEUE_URL"], {"Ref": "Queue"})
        self.assertEqual(variables["HOMEROOM_DB"]["Fn::If"][1], "/opt/homeroom/homeroom.db")
        self.assertEqual(variables["HOMEROOM_INPUT"],
                         {"Fn::Sub": "s3://" + self.resources["InputBucket"]["Properties"]["BucketName"]["Fn::Sub"]})
        known = (SOURCE / "src/cli/settings.c").read_text(encoding="utf-8")
        for name in variables:
            self.assertIn(f'"{name}"', known, "the program does not know it")
        image = (SOURCE / "deploy/Dockerfile").read_text(encoding="utf-8")
        self.assertIn("ENV HOMEROOM_DB=/opt/homeroom/homeroom.db", image)

    def test_everything_is_watched(self):
        watched = {one["Properties"]["MetricName"] for one in self.of_type("AWS::CloudWatch::Alarm").values()}
        self.assertEqual(watched, {"Errors", "Throttles", "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"})
        body = self.resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
        widgets = json.loads(re.sub(r"\$\{[^}]*\}", "x", body))["widgets"]
        written = (SOURCE / "src/cli/function_log.c").read_text(encoding="utf-8")
        own = [metric[1] for widget in widgets if widget["properties"].get("metrics", [[""]])[0][0] == "homeroom"
               for metric in widget["properties"]["metrics"]]
        self.assertGreater(len(own), 5)
        for metric in own:
            self.assertIn(f'"{metric}"', written, "the function does not write it")

    def test_nothing_is_left_behind(self):
        for name, one in self.resources.items():
            self.assertIn(one.get("DeletionPolicy", "Delete"), ("Delete",), name)


class Emulator:
    """moto, which knows CloudFormation but not SAM: it gets the template translated. It leaves out buckets'
    notifications, which Promises looks at instead."""

    def __enter__(self):
        import socket
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([PROGRAMS / "moto_server", "-H", "127.0.0.1", "-p", str(port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            try:
                urllib.request.urlopen(self.url + "/moto-api/data.json", timeout=1).close()
                return self
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        raise AssertionError("moto did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def client(self, service):
        return boto3.client(service, endpoint_url=self.url, region_name=REGION)


class Deployed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator().__enter__()
        cls.addClassCleanup(cls.emulator.__exit__)
        cls.client = cls.emulator.client

    def put_up(self, name, **parameters):
        stacks = self.client("cloudformation")
        stacks.create_stack(
            StackName=name, TemplateBody=json.dumps(translated()), Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in {"ImageUri": IMAGE, **parameters}.items()])
        stack = stacks.describe_stacks(StackName=name)["Stacks"][0]
        self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE")
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def left(self):
        return (self.client("s3").list_buckets()["Buckets"], self.client("dynamodb").list_tables()["TableNames"],
                self.client("lambda").list_functions()["Functions"], self.client("sqs").list_queues().get("QueueUrls", []))

    def destroy(self, name, *options, answer=""):
        environment = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": "/nonexistent", "HOMEROOM_CACHE": "/nonexistent",
                       "AWS_ENDPOINT_URL": self.emulator.url, **KEYS}
        return subprocess.run([SOURCE / "scripts/destroy", "--name", name, *options], env=environment, input=answer,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def test_queue_function_and_table(self):
        outputs = self.put_up("school", Timeout="120", AlarmEmail="it@example.org")
        attributes = self.client("sqs").get_queue_attributes(QueueUrl=outputs["QueueUrl"], AttributeNames=["All"])["Attributes"]
        self.assertEqual(attributes["VisibilityTimeout"], "720")
        self.assertEqual(json.loads(attributes["RedrivePolicy"])["maxReceiveCount"], 5)
        function = self.client("lambda").get_function(FunctionName=outputs["FunctionName"])["Configuration"]
        self.assertEqual(function["Environment"]["Variables"]["HOMEROOM_OUT"], "s3://" + outputs["OutputBucketName"])
        self.assertEqual(function["Environment"]["Variables"]["HOMEROOM_QUEUE_URL"], outputs["QueueUrl"])
        self.assertEqual(self.client("dynamodb").describe_table(TableName=outputs["StudentTable"])["Table"]["KeySchema"],
                         [{"AttributeName": "id", "KeyType": "HASH"}])
        self.assertEqual(self.destroy("school", "--yes").returncode, 0)
        self.assertEqual(self.left(), ([], [], [], []))

    def test_the_other_choices(self):
        key = self.client("kms").create_key()["KeyMetadata"]["Arn"]
        outputs = self.put_up("direct", Trigger="direct", Database="image", ReportDays="30", ReservedConcurrency="5", KmsKey=key)
        for bucket in ("InputBucketName", "OutputBucketName", "GalleryBucketName"):
            rule, = self.client("s3").get_bucket_encryption(Bucket=outputs[bucket])["ServerSideEncryptionConfiguration"]["Rules"]
            self.assertEqual(rule["ApplyServerSideEncryptionByDefault"], {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key})
        attributes = self.client("sqs").get_queue_attributes(QueueUrl=outputs["QueueUrl"], AttributeNames=["All"])["Attributes"]
        self.assertEqual(attributes["KmsMasterKeyId"], key)
        self.assertEqual(self.destroy("direct", "--yes").returncode, 0)

    def test_destroy_asks_and_leaves_nothing(self):
        outputs = self.put_up("gone")
        s3 = self.client("s3")
        for number in range(1003): # more than one request takes
            s3.put_object(Bucket=outputs["OutputBucketName"], Key=f"'{number}\" & ä.csv", Body=b"x")
        s3.put_bucket_versioning(Bucket=outputs["InputBucketName"], VersioningConfiguration={"Status": "Enabled"})
        for _ in range(2):
            s3.put_object(Bucket=outputs["InputBucketName"], Key="kept.mp4", Body=b"x")
        s3.delete_object(Bucket=outputs["InputBucketName"], Key="kept.mp4")
        self.client("ecr").create_repository(repositoryName="gone")

        done = self.destroy("gone", answer="no\n")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("nothing was deleted", done.stdout)
        self.assertIn(outputs["OutputBucketName"], done.stdout)
        self.assertEqual(len(s3.list_object_versions(Bucket=outputs["InputBucketName"])["Versions"]), 2)

        done = self.destroy("gone", answer="gone\n")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.left(), ([], [], [], []))
        self.assertEqual(self.client("ecr").describe_repositories()["repositories"], [])

        done = self.destroy("gone", answer="gone\n")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("there is nothing called gone", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
