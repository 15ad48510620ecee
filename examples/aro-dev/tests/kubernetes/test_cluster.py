"""What the published Python client does with a simulated cluster: typed and dynamic calls, patches, watches, streams."""

import pytest
from kubernetes import client, dynamic, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream

NAMESPACE = "python"


@pytest.fixture(scope="module")
def core(api):
    core = client.CoreV1Api(api)
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    yield core
    core.delete_namespace(NAMESPACE)


def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"app": name}), data=data)


def test_a_fresh_cluster_is_there(core, api):
    nodes = core.list_node().items
    assert len(nodes) == 6
    assert all(one.status == "True" for node in nodes for one in node.status.conditions if one.type == "Ready")
    operators = client.CustomObjectsApi(api).list_cluster_custom_object("config.openshift.io", "v1", "clusteroperators")
    assert {"kube-apiserver", "console", "ingress"} <= {item["metadata"]["name"] for item in operators["items"]}
    assert client.VersionApi(api).get_code().git_version.startswith("v1.")


def test_objects_are_made_changed_and_removed(core):
    made = core.create_namespaced_config_map(NAMESPACE, config_map("life", a="1"))
    with pytest.raises(ApiException) as twice:
        core.create_namespaced_config_map(NAMESPACE, config_map("life"))
    assert twice.value.status == 409
    patched = core.patch_namespaced_config_map("life", NAMESPACE, {"data": {"b": "2"}})
    assert patched.data == {"a": "1", "b": "2"}
    # `made` is older than what is there.
    with pytest.raises(ApiException) as late:
        core.replace_namespaced_config_map("life", NAMESPACE, made)
    assert late.value.status == 409
    core.delete_namespaced_config_map("life", NAMESPACE)
    with pytest.raises(ApiException) as gone:
        core.read_namespaced_config_map("life", NAMESPACE)
    assert gone.value.status == 404


def test_lists_come_in_pages_and_by_label(core):
    for index in range(5):
        core.create_namespaced_config_map(NAMESPACE, config_map(f"page-{index}"))
    names, token = [], None
    while True:
        page = core.list_namespaced_config_map(NAMESPACE, limit=2, _continue=token)
        names += [item.metadata.name for item in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert [name for name in names if name.startswith("page-")] == [f"page-{index}" for index in range(5)]
    selected = core.list_namespaced_config_map(NAMESPACE, label_selector="app in (page-1, page-3)").items
    assert [item.metadata.name for item in selected] == ["page-1", "page-3"]


def test_what_happens_is_watched(core):
    start = core.list_namespaced_secret(NAMESPACE).metadata.resource_version
    secret = client.V1Secret(metadata=client.V1ObjectMeta(name="seen"), string_data={"word": "hidden"})
    core.create_namespaced_secret(NAMESPACE, secret)
    core.patch_namespaced_secret("seen", NAMESPACE, {"metadata": {"labels": {"changed": "yes"}}})
    core.delete_namespaced_secret("seen", NAMESPACE)
    events = []
    watcher = watch.Watch()
    options = {"resource_version": start, "timeout_seconds": 30, "field_selector": "metadata.name=seen"}
    for event in watcher.stream(core.list_namespaced_secret, NAMESPACE, **options):
        events.append(event["type"])
        if event["type"] == "DELETED":
            watcher.stop()
    assert events == ["ADDED", "MODIFIED", "DELETED"]


def test_fields_belong_to_who_applied_them(api, core):
    maps = dynamic.DynamicClient(api).resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owned"}, "data": {"a": "1"}}

    def apply(manager, value, **options):
        changed = body | {"data": {"a": value}}
        return maps.server_side_apply(body=changed, namespace=NAMESPACE, field_manager=manager, **options)

    apply("one", "1")
    with pytest.raises(ApiException) as conflict:
        apply("two", "2")
    assert conflict.value.status == 409 and "one" in conflict.value.body
    assert apply("two", "2", force_conflicts=True).data.a == "2"
    owners = core.read_namespaced_config_map("owned", NAMESPACE).metadata.managed_fields
    assert [owner.manager for owner in owners if owner.fields_v1 and "f:data" in owner.fields_v1] == ["two"]


def test_commands_run_in_pods(core):
    pod, namespace = "prometheus-k8s-0", "openshift-monitoring"
    assert "node" in core.read_namespaced_pod_log(pod, namespace)
    call = core.connect_get_namespaced_pod_exec
    output = stream(call, pod, namespace, command=["hostname"], stdout=True, stderr=True, stdin=False, tty=False)
    assert output.strip() == pod
