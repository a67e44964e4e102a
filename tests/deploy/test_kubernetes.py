"""deploy/kubernetes.yaml: held strictly against the schemas of several versions of Kubernetes, against what KEDA reads,
against its own parts and against the program's manual.

Runs in the environment of tests/deploy/requirements-kubernetes.txt; kubernetes.sh prepares it.
"""

import json
import os
import re
import subprocess
import unittest
from pathlib import Path

import kubernetes_validate
import yaml

SOURCE = Path(os.environ["HOMEROOM_SOURCE"])
MANIFEST = SOURCE / "deploy" / "kubernetes.yaml"
VERSIONS = ("1.29", "1.33", "1.37")
# What the security linter says and what is left so.
ACCEPTED = {
    "CKV_K8S_8": "a liveness probe needs a port or a shell: a worker has neither, and ends by itself when it cannot work",
    "CKV_K8S_9": "a readiness probe: nobody sends it anything",
    "CKV_K8S_35": "keys as variables: where homeroom and all programs for S3 look for them",
}

# What KEDA reads: https://keda.sh/docs/latest/reference/scaledobject-spec/ and .../scalers/nats-jetstream/
SCALED_OBJECT = {"scaleTargetRef": dict, "pollingInterval": int, "cooldownPeriod": int, "initialCooldownPeriod": int,
                 "idleReplicaCount": int, "minReplicaCount": int, "maxReplicaCount": int, "fallback": dict,
                 "advanced": dict, "triggers": list}
ADVANCED = {"restoreToOriginalReplicaCount": bool, "horizontalPodAutoscalerConfig": dict, "scalingModifiers": dict}
TARGET = {"apiVersion": str, "kind": str, "name": str, "envSourceContainerName": str}
TRIGGER = {"type": str, "name": str, "metadata": dict, "authenticationRef": dict, "useCachedMetrics": bool, "metricType": str}
# name: (required, form)
JETSTREAM = {"natsServerMonitoringEndpoint": (True, r"[\w.-]+:\d+"), "account": (True, r"\S+"), "stream": (True, r"[^\s.*>/\\]+"),
             "consumer": (True, r"[^\s.*>/\\]+"), "lagThreshold": (False, r"[1-9]\d*"), "activationLagThreshold": (False, r"\d+"),
             "useHttps": (False, r"true|false")}


class UniqueKeys(yaml.SafeLoader):
    """Two members of one name are a mistake that YAML's readers pass over."""

    def construct_mapping(self, node, deep=False):
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twice := {name for name in names if names.count(name) > 1}:
            raise yaml.YAMLError(f"line {node.start_mark.line + 1}: {twice} twice")
        return super().construct_mapping(node, deep)


class Manifest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.documents = list(yaml.load_all(MANIFEST.read_text(encoding="utf-8"), UniqueKeys))

    def of(self, kind):
        found, = [document for document in self.documents if document["kind"] == kind]
        return found

    def pods(self):
        return {kind: self.of(kind)["spec"]["template"]["spec"] for kind in ("Deployment", "Job")}

    def members(self, what, value, known):
        for name, member in value.items():
            self.assertIn(name, known, what)
            self.assertIs(type(member), known[name], f"{what}.{name}")

    def test_schemas(self):
        for version in VERSIONS:
            for document in self.documents:
                if document["apiVersion"].split("/")[0] != "keda.sh":
                    with self.subTest(version=version, kind=document["kind"]):
                        self.assertEqual(kubernetes_validate.validate(document, version, strict=True), version)

    def test_schemas_find_a_mistake(self):
        broken = json.loads(json.dumps(self.of("Deployment")))
        broken["spec"]["template"]["spec"]["containers"][0]["arguments"] = broken["spec"]["template"]["spec"]["containers"][0].pop("args")
        with self.assertRaisesRegex(kubernetes_validate.ValidationError, "arguments"):
            kubernetes_validate.validate(broken, VERSIONS[0], strict=True)

    def test_scaled_object(self):
        scaled = self.of("ScaledObject")
        self.assertEqual(scaled["apiVersion"], "keda.sh/v1alpha1")
        self.assertEqual(set(scaled), {"apiVersion", "kind", "metadata", "spec"})
        spec = scaled["spec"]
        self.members("spec", spec, SCALED_OBJECT)
        self.members("scaleTargetRef", spec["scaleTargetRef"], TARGET)
        self.members("advanced", spec["advanced"], ADVANCED)
        trigger, = spec["triggers"]
        self.members("trigger", trigger, TRIGGER)
        self.assertEqual(trigger["type"], "nats-jetstream")
        for name, value in trigger["metadata"].items():
            self.assertIn(name, JETSTREAM)
            self.assertIsInstance(value, str, f"{name}: KEDA takes text only")
            self.assertRegex(value, rf"\A(?:{JETSTREAM[name][1]})\Z", name)
        self.assertEqual({name for name, (required, _) in JETSTREAM.items() if required} - set(trigger["metadata"]), set())

    def test_the_autoscaler_that_keda_makes_of_it(self):
        spec = self.of("ScaledObject")["spec"]
        made = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "keda-hpa-homeroom"},
                "spec": {"minReplicas": 1, "maxReplicas": spec["maxReplicaCount"],
                         "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", **spec["scaleTargetRef"]},
                         "metrics": [{"type": "External", "external": {
                             "metric": {"name": "s0-nats-jetstream-VIDEOS"},
                             "target": {"type": "AverageValue", "averageValue": spec["triggers"][0]["metadata"]["lagThreshold"]}}}],
                         **spec["advanced"]["horizontalPodAutoscalerConfig"]}}
        for version in VERSIONS:
            self.assertEqual(kubernetes_validate.validate(made, version, strict=True), version)

    def test_from_zero_and_to_zero(self):
        spec, deployment = self.of("ScaledObject")["spec"], self.of("Deployment")
        self.assertEqual(spec["minReplicaCount"], 0)
        self.assertEqual(spec["triggers"][0]["metadata"]["activationLagThreshold"], "0", "one message must start a worker")
        self.assertEqual(spec["scaleTargetRef"]["name"], deployment["metadata"]["name"])
        self.assertNotIn("replicas", deployment["spec"], "applying the manifest again would undo KEDA's number")

    def test_parts_fit_together(self):
        for document in self.documents:
            if document["kind"] != "Namespace":
                self.assertEqual(document["metadata"]["namespace"], self.of("Namespace")["metadata"]["name"], document["kind"])
        template, settings = self.of("Deployment")["spec"], self.of("ConfigMap")
        labels = template["template"]["metadata"]["labels"]
        self.assertEqual(template["selector"]["matchLabels"], labels)
        selected = self.of("NetworkPolicy")["spec"]["podSelector"]["matchLabels"].items()
        self.assertLessEqual(selected, labels.items())
        self.assertLessEqual(selected, self.of("Job")["spec"]["template"]["metadata"]["labels"].items())
        for pod in self.pods().values():
            self.assertEqual(pod["serviceAccountName"], self.of("ServiceAccount")["metadata"]["name"])
            self.assertEqual(pod["containers"][0]["envFrom"][0]["configMapRef"]["name"], settings["metadata"]["name"])
        url = settings["data"]["HOMEROOM_NATS"]
        trigger = self.of("ScaledObject")["spec"]["triggers"][0]["metadata"]
        self.assertEqual(url.rsplit("/", 1)[1], trigger["stream"])
        self.assertEqual(re.search(r"//([^:/]+)", url)[1], trigger["natsServerMonitoringEndpoint"].split(":")[0])
        reached = {}
        for rule in self.of("NetworkPolicy")["spec"]["egress"]:
            for peer in rule["to"]:
                namespace = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
                reached[namespace] = {(port["port"], port["protocol"]) for port in rule["ports"]}
        self.assertEqual(set(reached), {"kube-system", "nats", "minio"})
        self.assertEqual(reached["kube-system"], {(53, "UDP"), (53, "TCP")})
        for address in (url, settings["data"]["AWS_ENDPOINT_URL_S3"]):
            self.assertRegex(address, r"\A(tls|https)://", "in the clear")
            host, port = re.search(r"//([^:/]+):(\d+)", address).groups()
            self.assertEqual(reached[host.split(".")[1]], {(int(port), "TCP")}, address)

    def test_nothing_can_be_sent_elsewhere(self):
        policy = self.of("NetworkPolicy")["spec"]
        self.assertEqual(set(policy["policyTypes"]), {"Ingress", "Egress"})
        self.assertNotIn("ingress", policy)
        for rule in policy["egress"]:
            self.assertTrue(rule.get("to") and rule.get("ports"), f"everywhere: {rule}")
            for peer in rule["to"]:
                for selector in ("namespaceSelector", "podSelector"):
                    self.assertTrue(peer[selector]["matchLabels"], f"everything there: {peer}")

    def test_image_is_the_one_that_was_looked_at(self):
        images = {pod["containers"][0]["image"] for pod in self.pods().values()}
        self.assertEqual(len(images), 1)
        self.assertRegex(images.pop(), r"\A[\w./-]+@sha256:[0-9a-f]{64}\Z")

    def test_nothing_fills_the_disk(self):
        for pod in self.pods().values():
            for volume in pod.get("volumes", []):
                if "emptyDir" in volume:
                    self.assertIn("sizeLimit", volume["emptyDir"], volume["name"])
                self.assertNotIn("hostPath", volume, volume["name"])
            for container in pod["containers"]:
                self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
                for kind in ("requests", "limits"):
                    self.assertEqual(set(container["resources"][kind]), {"cpu", "memory", "ephemeral-storage"})

    def test_program_knows_its_settings(self):
        manual = (SOURCE / "docs" / "homeroom.1").read_text(encoding="utf-8")
        for pod in self.pods().values():
            command, url, *options = pod["containers"][0]["args"]
            self.assertEqual((command, url), ("worker", "$(HOMEROOM_NATS)"))
            for option in options:
                if option.startswith("--"):
                    self.assertRegex(manual, rf"(?m)^\.It .*Fl -{option[2:]}\b")
        for name in self.of("ConfigMap")["data"]:
            if name.startswith("HOMEROOM_") and name != "HOMEROOM_NATS":
                self.assertRegex(manual, rf"\b{name}\b")
        consumer = self.of("ScaledObject")["spec"]["triggers"][0]["metadata"]["consumer"]
        table = (SOURCE / "src" / "cli" / "settings.c").read_text(encoding="utf-8")
        self.assertRegex(table, rf'"{consumer}",\s+"HOMEROOM_NATS_CONSUMER"')

    def test_there_is_time_to_give_back(self):
        pod = self.pods()["Deployment"]
        words = pod["containers"][0]["args"]
        grace_s = int(words[words.index("--grace") + 1])
        self.assertGreaterEqual(pod["terminationGracePeriodSeconds"], grace_s + 30)

    def test_no_secret_in_it(self):
        self.assertEqual([document for document in self.documents if document["kind"] == "Secret"], [])
        for name in self.of("ConfigMap")["data"]:
            self.assertNotRegex(name, "SECRET|PASSWORD|TOKEN|KEY")

    def test_security_linter(self):
        done = subprocess.run([os.environ["HOMEROOM_CHECKOV"], "-f", MANIFEST, "--framework", "kubernetes", "--output", "json",
                               "--compact", "--quiet", "--skip-download"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        results = json.loads(done.stdout)
        self.assertGreater(results["summary"]["passed"], 30)
        self.assertEqual(results["summary"]["parsing_errors"], 0)
        found = {check["check_id"]: f"{check['check_name']}: {check['resource']}" for check in results["results"]["failed_checks"]}
        self.assertEqual({name: text for name, text in found.items() if name not in ACCEPTED}, {})
        self.assertEqual(set(ACCEPTED) - set(found), set(), "no longer found: need not be accepted")


if __name__ == "__main__":
    unittest.main(verbosity=2)
