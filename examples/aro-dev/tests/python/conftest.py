"""The published client of the resource provider in the version that is installed here."""

from importlib import import_module
from importlib.metadata import version

import pytest
from azure.mgmt.redhatopenshift import AzureRedHatOpenShiftClient

GENERATION = int(version("azure-mgmt-redhatopenshift").split(".")[0])


class Sdk:
    """The published client behind one face: documents in and out are the JSON of the wire."""

    def __init__(self, dev):
        # Only the first generation speaks several api-versions.
        options = {"api_version": "2023-11-22"} if GENERATION == 1 else {}
        self.client = AzureRedHatOpenShiftClient(
            dev.credential(),
            dev.subscription,
            base_url=dev.arm,
            credential_scopes=[f"{dev.arm}/.default"],
            connection_verify=dev.ca,
            polling_interval=1,
            retry_total=0,
            **options,
        )
        self.clusters = self.client.open_shift_clusters
        self.models = {
            1: lambda: AzureRedHatOpenShiftClient.models("2023-11-22"),
            2: lambda: import_module("azure.mgmt.redhatopenshift.models"),
        }.get(GENERATION, lambda: None)()

    def _model(self, kind, document):
        return getattr(self.models, kind).deserialize(document) if self.models else document

    @staticmethod
    def _plain(model):
        return model.serialize(keep_readonly=True) if GENERATION < 4 else model.as_dict()

    def begin_create(self, group, name, document):
        return self.clusters.begin_create_or_update(group, name, self._model("OpenShiftCluster", document))

    def create(self, group, name, document):
        return self._plain(self.begin_create(group, name, document).result(timeout=120))

    def update(self, group, name, document):
        poller = self.clusters.begin_update(group, name, self._model("OpenShiftClusterUpdate", document))
        return self._plain(poller.result(timeout=120))

    def delete(self, group, name):
        poller = self.clusters.begin_delete(group, name)
        poller.wait(120)
        assert poller.done(), "the delete did not finish within two minutes"
        return poller

    def get(self, group, name):
        return self._plain(self.clusters.get(group, name))

    def list(self, group=None):
        pages = self.clusters.list_by_resource_group(group) if group else self.clusters.list()
        return [self._plain(cluster) for cluster in pages]


@pytest.fixture(scope="session")
def sdk(dev):
    return Sdk(dev)
